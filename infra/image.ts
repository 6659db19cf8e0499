import { newestLocalImage } from "./engine.ts";

/** The official image, the one pinned reference of it: version and digest. */
export const officialImage =
  "docker.io/library/eclipse-mosquitto:2.1.2-alpine@sha256:38c0da4f2ef84284d47b3b3eeea1cb3bdeabe81ee10caf0cd5c5ff61ee3ea408";

/** What `npm run up` names the image that it builds where no container registry answers. */
export const builtImage = "naboom-mqtt/mosquitto:2.1.2-debian-*";

/** The variable in which `npm run …` hands over the image that it found, pulled or built. */
export const imageVariable = "NABOOM_MQTT_IMAGE";

/** Chooses the broker's image: the configured one, else what `npm run …` prepared, else one built here, else the official one. */
export async function chooseImage(configured: string | undefined): Promise<string> {
  return configured ?? process.env[imageVariable] ?? (await newestLocalImage(builtImage)) ?? officialImage;
}
