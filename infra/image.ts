import { builtImageName, officialImage } from "../mosquitto/image.ts";
import { builtConsoleImageName } from "../web/image.ts";
import { newestLocalImage } from "./engine.ts";
import { runCommand } from "./mend.ts";
import { Refusal } from "./refusal.ts";

/** The variable in which `npm run …` hands over the image that it found, pulled or built. */
export const imageVariable = "NABOOM_MQTT_IMAGE";

/** The same for the image that serves the console. */
export const consoleImageVariable = "NABOOM_MQTT_CONSOLE_IMAGE";

/** Chooses the broker's image: the configured one, else what `npm run …` prepared, else one built here, else the official one. */
export async function chooseImage(stack: string, configured: string | undefined): Promise<string> {
  return (
    configured ??
    process.env[imageVariable] ??
    (await newestLocalImage(stack, builtImageName)) ??
    officialImage
  );
}

/**
 * Chooses the image that serves the console: the configured one, else what `npm run …` prepared, else one built here.
 *
 * @throws Refusal where there is none
 */
export async function chooseConsoleImage(stack: string, configured: string | undefined): Promise<string> {
  const image =
    configured ?? process.env[consoleImageVariable] ?? (await newestLocalImage(stack, builtConsoleImageName));
  if (image !== undefined) return image;
  throw new Refusal(
    `there is no image that serves the console, and none is configured; to have one built: ${runCommand(stack, "up")}`,
  );
}
