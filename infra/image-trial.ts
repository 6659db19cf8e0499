import type * as pulumi from "@pulumi/pulumi";
import { ENDED, imageTrialScript, NOT_TRIED } from "../mosquitto/image-trial.ts";
import { layout } from "../mosquitto/layout.ts";
import type { EngineContainer } from "./engine.ts";
import { removeCommand, runCommand, setCommand } from "./mend.ts";
import { ShortLivedContainer } from "./short-lived-container.ts";

export interface ImageTrialArgs {
  readonly stack: string;
  readonly containerName: string;
  readonly image: pulumi.Input<string>;
  /** The image's id, whose change has it tried again. */
  readonly imageId: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, pulumi.Input<string>>>;
  /** The image's reference, if the config names it. */
  readonly configured: string | undefined;
  /** The container of that name as the engine has it now, if there is one. */
  readonly previous: EngineContainer | undefined;
}

/**
 * Tries on a throwaway broker without a network whether an image outlives malformed WebSocket frames, once for each
 * image; one that does not is refused before anything goes into force.
 */
export function tryImage(
  args: ImageTrialArgs,
  options: pulumi.ComponentResourceOptions,
): ShortLivedContainer {
  return new ShortLivedContainer(
    "image-trial",
    {
      ...args,
      script: imageTrialScript,
      argument: args.imageId,
      failure: (exitCode) => imageRefusal(args.stack, args.configured, exitCode),
      surroundings: {
        networkMode: "none",
        user: `${layout.owner}:${layout.owner}`,
        readOnly: true,
        capabilities: { drops: ["ALL"] },
        tmpfs: { "/tmp": "mode=1777" },
      },
    },
    options,
  );
}

/** Why an image is refused, and both ways on. */
export function imageRefusal(stack: string, configured: string | undefined, exitCode: number): string {
  const image = configured === undefined ? "the broker's image" : `the image ${configured}`;
  const own =
    configured === undefined
      ? `for an image without this fault: ${runCommand(stack, "up", "--update-image")}`
      : `for an image without this fault: ${removeCommand(stack, "naboom-mqtt:image")}`;
  const off = ["ws", "wss"].map((name) => setCommand(stack, `naboom-mqtt:listeners.${name}`, "off"));
  return (
    `${image} was refused, and nothing else was changed: ${FAULTS[exitCode] ?? UNKNOWN_FAULT}; ` +
    `${own}; to keep it without WebSockets: ${off.join(" && ")}`
  );
}

const FAULTS: Readonly<Record<number, string>> = Object.freeze({
  [ENDED]:
    "its broker ends when a WebSocket frame has no payload, so whoever reaches ws or wss can end it without an account",
  [NOT_TRIED]:
    "whether its broker outlives malformed WebSocket frames could not be tried, which takes a broker that starts, and busybox with nc",
});

const UNKNOWN_FAULT = "trying it with malformed WebSocket frames failed";
