import * as pulumi from "@pulumi/pulumi";
import { listeners, listenersIn } from "../mosquitto/listener.ts";
import type { BrokerArgs } from "./broker.ts";
import { REVISION } from "./changed-files.ts";
import type { StackOutputs } from "./contract.ts";
import { publish, revisionId } from "./delivery.ts";
import { localImageId } from "./engine.ts";
import { type GateArgs, proveBeforeForce } from "./gate.ts";
import { tryImage } from "./image-trial.ts";
import { announceProof } from "./proof-announcement.ts";
import { PROOF } from "./proof-label.ts";
import type { ShortLivedContainer } from "./short-lived-container.ts";

export interface ProvedDeliveryArgs extends Omit<BrokerArgs, "image"> {
  readonly image: pulumi.Output<string>;
  readonly imageId: pulumi.Output<string>;
  readonly labels: Readonly<Record<string, pulumi.Input<string>>>;
  /** The name of the volume that holds the revisions. */
  readonly volume: pulumi.Output<string>;
  /** The name of the network that only twins are on. */
  readonly network: pulumi.Output<string>;
  /** Whether the broker's container is another after the update. */
  readonly restarts: boolean;
}

/** Puts files in force once the image has stood its trial, and the files are proved on a twin of the broker. */
export function deliverProved(
  args: ProvedDeliveryArgs,
  child: pulumi.ComponentResourceOptions,
): ShortLivedContainer {
  const { names, files, imageId, network, volume, takenOver, labels, filesChanged } = args;
  const after = ended(trial(args, child));
  const passage = proveBeforeForce({ ...gate(args), imageId, network, after });
  return publish(
    {
      ...{ image: args.image, volume, revision: files.revision, ...named(names.publish, args) },
      ...{ record: takenOver, proof: passage.record, again: filesChanged },
      labels: { ...labels, [PROOF]: passage.label, [REVISION]: revisionId(files.revision) },
    },
    child,
  );
}

/**
 * The end of steps as something to wait for, and no more: a value that came of a container would have Pulumi remove
 * whatever has the value among its inputs before it replaces that container.
 */
function ended(steps: readonly pulumi.Input<pulumi.Resource>[]): Promise<unknown> {
  const outputs = steps.map((step) => pulumi.output(step) as unknown as { promise(): Promise<unknown> });
  return Promise.all(outputs.map((output) => output.promise()));
}

/** A delivery's container by name, as it is to be and as it is. */
export function named(containerName: string, { present }: Pick<BrokerArgs, "present">) {
  return { containerName, previous: present.get(containerName) };
}

/** What an image without WebSockets does not need. */
function trial(args: ProvedDeliveryArgs, child: pulumi.ComponentResourceOptions) {
  const { settings, names, image, imageId, labels } = args;
  const on = listenersIn(settings.listeners);
  if (on.every((name) => listeners[name].protocol !== "websockets")) return [];
  const about = { stack: pulumi.getStack(), configured: settings.image };
  return [tryImage({ image, imageId, labels, ...named(names.imageTrial, args), ...about }, child).completed];
}

/** What has to be proved before files go into force. */
function gate(args: ProvedDeliveryArgs): Omit<GateArgs, "imageId" | "network" | "after"> {
  const { names, image, files, described, proofKey, prove, last, settings, restarts } = args;
  const outputs = pulumi.output(described) as pulumi.Output<Omit<StackOutputs, "broker">>;
  return {
    ...{ stack: pulumi.getStack(), revisions: names.revisions, delivered: last !== undefined, prove },
    ...{ revision: files.revision, key: proofKey, previous: named(names.publish, args).previous },
    imageNow: args.imageNow ?? ((reference) => localImageId(pulumi.getStack(), reference)),
    announcement: announceProof(settings, last, restarts),
    outputs: pulumi.all([outputs, files.revision, image]).apply(([rest, { id: revision }, reference]) => ({
      ...rest,
      broker: { container: names.broker, image: reference, revision },
    })),
  };
}
