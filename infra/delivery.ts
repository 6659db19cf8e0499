import * as pulumi from "@pulumi/pulumi";
import { packCompressed } from "../mosquitto/archive.ts";
import { publishMount, publishScript, reloadScript } from "../mosquitto/delivery.ts";
import { layout } from "../mosquitto/layout.ts";
import type { Revision } from "../mosquitto/revision.ts";
import type { FileDeliveryArgs } from "./file-delivery.ts";
import { runCommand } from "./mend.ts";
import { ShortLivedContainer } from "./short-lived-container.ts";

export interface DeliveryArgs extends FileDeliveryArgs<Revision> {
  /** What the files stand for; it stays beside them in the volume, and holds no secret. */
  readonly record: pulumi.Input<string>;
  /** The record of what is proved; it stays there too. */
  readonly proof: pulumi.Input<string>;
  /** Whether the files are delivered although they are the same, as somebody has changed them in the volume. */
  readonly again: boolean;
}

export interface ReloadArgs extends FileDeliveryArgs<Revision> {
  /** The id of the broker's container. */
  readonly broker: pulumi.Input<string>;
}

/** What the publish container may do: read and copy files that belong to the broker's user. It has no network. */
const PUBLISH_CAPABILITIES = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER"];

/** Puts a revision that is proved in force in the volume with one rename. */
export function publish(args: DeliveryArgs, options: pulumi.ComponentResourceOptions): ShortLivedContainer {
  return new ShortLivedContainer(
    "publish",
    {
      ...args,
      script: publishScript,
      argument: revisionId(args.revision),
      failure:
        "the new files were not put in force, so the running broker was left as it is; the container's own words",
      surroundings: {
        networkMode: "none",
        capabilities: { drops: ["ALL"], adds: PUBLISH_CAPABILITIES },
        volumes: [{ volumeName: args.volume, containerPath: publishMount }],
        // One archive, since the provider uploads files one by one.
        uploads: pulumi
          .all([args.revision, args.record, args.proof])
          .apply(async ([{ files }, record, proof]) => [
            { file: layout.archive, contentBase64: await packCompressed(files) },
            { file: layout.record, content: record },
            { file: layout.proof, content: proof },
          ]),
      },
    },
    options,
  );
}

/** Makes the running broker take the revision in force over, and proves that it has. */
export function reload(args: ReloadArgs, options: pulumi.ComponentResourceOptions): ShortLivedContainer {
  const shared = pulumi.interpolate`container:${args.broker}`;
  return new ShortLivedContainer(
    "reload",
    {
      ...args,
      script: reloadScript,
      argument: revisionId(args.revision),
      failure: notTakenOver(pulumi.getStack()),
      surroundings: {
        networkMode: shared,
        pidMode: shared,
        user: `${layout.owner}:${layout.owner}`,
        readOnly: true,
        capabilities: { drops: ["ALL"] },
        volumes: [{ volumeName: args.volume, containerPath: layout.revisions, readOnly: true }],
      },
    },
    options,
  );
}

/** What to tell where the running broker does not take the files over. */
export function notTakenOver(stack: string): string {
  const log = "its log is at `docker logs` of the broker's container";
  return `the broker did not take the new files over; ${log}; to try again: ${runCommand(stack, "up")}`;
}

/** The id says nothing of what is in the files, so it may be shown. */
export function revisionId(revision: pulumi.Output<Revision>): pulumi.Output<string> {
  return pulumi.unsecret(revision.apply(({ id }) => id));
}
