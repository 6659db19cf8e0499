import { builtImageName, officialImage } from "../mosquitto/image.ts";
import { newestLocalImage } from "./engine.ts";

/** The variable in which `npm run …` hands over the image that it found, pulled or built. */
export const imageVariable = "NABOOM_MQTT_IMAGE";

/** Chooses the broker's image: the configured one, else what `npm run …` prepared, else one built here, else the official one. */
export async function chooseImage(configured: string | undefined): Promise<string> {
  return (
    configured ?? process.env[imageVariable] ?? (await newestLocalImage(builtImageName)) ?? officialImage
  );
}
