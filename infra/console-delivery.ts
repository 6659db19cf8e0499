import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { packFiles } from "../mosquitto/archive.ts";
import type { ConsoleRevision } from "../web/console.ts";
import { consolePublishMount, consolePublishScript, consoleReloadScript } from "../web/delivery.ts";
import { consoleLayout } from "../web/layout.ts";
import type { FileDeliveryArgs } from "./file-delivery.ts";
import { ShortLivedContainer } from "./short-lived-container.ts";

export interface ConsoleReloadArgs extends FileDeliveryArgs<ConsoleRevision> {
  /** The run of the publish container, after each of which the server is reloaded. */
  readonly run: pulumi.Input<string>;
  /** The id of the server's container. */
  readonly server: pulumi.Input<string>;
}

/** What the console's server may not do. */
export const consoleConfinement: Partial<docker.ContainerArgs> = Object.freeze({
  user: `${consoleLayout.owner}:${consoleLayout.owner}`,
  readOnly: true,
  capabilities: { drops: ["ALL"] },
});

/** Has the server itself try the new files, then puts them in force in the volume with one rename. */
export function publishConsole(
  { volume, revision, ...args }: FileDeliveryArgs<ConsoleRevision>,
  options: pulumi.ComponentResourceOptions,
): ShortLivedContainer {
  return new ShortLivedContainer(
    "console-publish",
    {
      ...args,
      argument: consoleRevisionId(revision),
      script: consolePublishScript,
      failure: "the console's files were refused, so its server was left as it is; the server's own words",
      surroundings: {
        networkMode: "none",
        capabilities: { drops: ["ALL"], adds: ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER"] },
        volumes: [{ volumeName: volume, containerPath: consolePublishMount }],
        uploads: pulumi
          .secret(revision)
          .apply(async ({ files }) => [
            { file: consoleLayout.archive, contentBase64: await packFiles(files) },
          ]),
      },
    },
    options,
  );
}

/** Makes the running server take the files in force over, and proves that it has. */
export function reloadConsole(
  { volume: _, revision, run, server, ...args }: ConsoleReloadArgs,
  options: pulumi.ComponentResourceOptions,
): ShortLivedContainer {
  const shared = pulumi.interpolate`container:${server}`;
  return new ShortLivedContainer(
    "console-reload",
    {
      ...args,
      labels: { ...args.labels, "naboom-mqtt.delivery": run },
      argument: consoleRevisionId(revision),
      script: consoleReloadScript,
      failure:
        "the console's server did not take the new files over; its log is at `docker logs` of its container",
      surroundings: { networkMode: shared, pidMode: shared, ...consoleConfinement },
    },
    options,
  );
}

/** The id says nothing of what is in the files, so it may be shown. */
export function consoleRevisionId(revision: pulumi.Output<ConsoleRevision>): pulumi.Output<string> {
  return pulumi.unsecret(revision.apply(({ id }) => id));
}
