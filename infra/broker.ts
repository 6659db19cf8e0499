import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { areUsed } from "../mosquitto/client-certificate.ts";
import { startConfiguration } from "../mosquitto/configuration.ts";
import { containerHealthcheck } from "../mosquitto/healthcheck.ts";
import { layout } from "../mosquitto/layout.ts";
import { listenerIn, listeners, listenersIn } from "../mosquitto/listener.ts";
import { digest } from "../mosquitto/revision.ts";
import { startScript } from "../mosquitto/start.ts";
import { ISSUED_KEY_TYPE } from "./authority.ts";
import { reload, revisionId } from "./delivery.ts";
import { DATABASE, STORAGE } from "./earlier-messages.ts";
import type { EngineContainer } from "./engine.ts";
import type { Files } from "./files.ts";
import type { Prove } from "./gate.ts";
import { type EngineNames, IMAGE } from "./names.ts";
import type { Described } from "./outputs.ts";
import { deliverProved, named } from "./proved-delivery.ts";
import type { Settings } from "./settings-schema.ts";
import { labelList } from "./short-lived-container.ts";
import { TAKEN_OVER, type TakenOver } from "./taken-over.ts";

export interface BrokerArgs {
  readonly names: EngineNames;
  /** The image's reference. */
  readonly image: string;
  readonly files: Files;
  readonly settings: Settings;
  /** The kind of the server's key, as Node names it. */
  readonly keyType: string;
  /** What the reload container says of what it has made the broker take over. */
  readonly takenOver: pulumi.Input<string>;
  /** The stack's containers as the engine has them now. */
  readonly present: ReadonlyMap<string, EngineContainer>;
  /** What the broker was given last; undefined where it was never given anything. */
  readonly last: TakenOver | undefined;
  /** Whether somebody has changed the running broker's files. */
  readonly filesChanged: boolean;
  /** What the outputs say of the stack, but for its broker. Secret. */
  readonly described: Described;
  /** The secret that records of proofs are signed with. */
  readonly proofKey: pulumi.Output<string>;
  /** Proves new files on a twin. */
  readonly prove: Prove;
  /** Tells the id of an image by its reference. @default the engine is asked */
  readonly imageNow?: (reference: string) => Promise<string | undefined>;
}

/** The running broker: its volumes, the delivery of its files, its container, and the reload. */
export class Broker extends pulumi.ComponentResource {
  /** The name of the broker's container. */
  readonly container: pulumi.Output<string>;
  /** What a twin of it takes. */
  readonly twin: pulumi.Output<{ readonly network: string; readonly revisions: string }>;
  /** The revision that the broker has taken over. */
  readonly revision: pulumi.Output<string>;

  constructor(name: string, args: BrokerArgs, options?: pulumi.ComponentResourceOptions) {
    super("naboom-mqtt:infra:Broker", name, {}, options);
    const child = { parent: this };
    const { names, settings } = args;
    const restart = restartDigest(args);

    const network = new docker.Network("network", { name: names.prefix, driver: "bridge" }, child);
    const twins = new docker.Network("twin-network", { name: names.twin, driver: "bridge" }, child);
    const revisions = new docker.Volume("revisions", { name: names.revisions }, child);
    const data = new docker.Volume("data", { name: names.data }, { ...child, protect: settings.protect });
    const image = new docker.RemoteImage("image", { name: args.image, keepLocally: true }, child);
    const common = {
      image: image.name,
      labels: { "naboom-mqtt.stack": names.prefix, [IMAGE]: image.imageId },
    };
    const before = args.present.get(names.broker);
    announceRestart(before, restart, image.imageId);
    const restarts = before?.labels[RESTART] !== restart;
    const delivery = { ...common, volume: revisions.name, revision: args.files.revision };

    const published = deliverProved(
      { ...args, ...common, volume: revisions.name, imageId: image.imageId, network: twins.name, restarts },
      child,
    );
    const container = new docker.Container(
      "container",
      {
        name: names.broker,
        ...common,
        labels: labelList({ ...common.labels, [RESTART]: restart, [STORAGE]: DATABASE }),
        networksAdvanced: [{ name: network.name, aliases: ["broker"] }],
        volumes: volumes(revisions, data),
        ...process(settings),
        ...confinement(settings),
        ...supervision(settings),
      },
      { ...child, dependsOn: published.completed as pulumi.Input<pulumi.Resource> },
    );
    const labels = { ...common.labels, [TAKEN_OVER]: args.takenOver, [DELIVERY]: published.run };
    const reloaded = reload(
      { ...delivery, labels, broker: container.id, ...named(names.reload, args) },
      { ...child, dependsOn: [container] },
    );

    this.twin = pulumi.output({ network: twins.name, revisions: revisions.name });
    this.container = container.name;
    this.revision = pulumi.output(reloaded.completed).apply(() => revisionId(args.files.revision));
    this.registerOutputs({ container: this.container, revision: this.revision });
  }
}

function volumes(revisions: docker.Volume, data: docker.Volume) {
  return [
    { volumeName: revisions.name, containerPath: layout.revisions, readOnly: true },
    { volumeName: data.name, containerPath: layout.data },
  ];
}

/** The label of the reload container that has it run after each run of the publish container. */
const DELIVERY = "naboom-mqtt.delivery";

/** The label of the broker's container whose change replaces it. */
export const RESTART = "naboom-mqtt.restart";

/** A digest of all that a running broker cannot take over, as far as the config tells it. */
function restartDigest({ settings, image, files, keyType }: BrokerArgs): string {
  return digest([
    startConfiguration(files.configuration),
    image,
    JSON.stringify(process(settings)),
    JSON.stringify(settings.container),
    ...clientAuthorityDigest(settings),
    ...keyTypeDigest(keyType),
  ]);
}

/** A running broker reads its certificates and revocation lists anew, but not the authority of clients' certificates. */
function clientAuthorityDigest({ clientCertificates }: Settings): string[] {
  if (!areUsed(clientCertificates)) return [];
  const { authorityGeneration, authorityDays } = clientCertificates;
  return [`clients' authority ${authorityGeneration} for ${authorityDays} days`];
}

/** After a reload OpenSSL has a certificate for each kind of key, and still serves the one of the older kind to many. */
function keyTypeDigest(keyType: string): string[] {
  return keyType === ISSUED_KEY_TYPE ? [] : [`the server's key is ${keyType}`];
}

/** The user hears of a restart, also where an image was made anew under the name that it had. */
function announceRestart(
  broker: EngineContainer | undefined,
  restart: string,
  imageId: pulumi.Output<string>,
): void {
  if (broker === undefined) return;
  if (broker.labels[RESTART] !== restart) pulumi.log.info(RESTARTS);
  else imageId.apply((id) => (broker.labels[IMAGE] === id ? undefined : pulumi.log.info(RESTARTS)));
}

const RESTARTS =
  "the broker restarts, since its configuration, image, ports, container or the kind of its key changes: every client is disconnected; " +
  "retained messages, sessions and queued messages are kept";

/** What runs in the container, and how it is reached from the host. */
function process({ listeners: places }: Settings) {
  return {
    entrypoints: ["/bin/sh"],
    command: ["-c", startScript, "start"],
    ports: listenersIn(places).map((name) => {
      const { port, address } = listenerIn(places, name);
      return { internal: listeners[name].port, external: port, ip: address };
    }),
  };
}

/** Four connections' worth of files a client is far more than any needs; the rest is for the broker itself. */
const FILES_BESIDE_CONNECTIONS = 256;

/** What the container may not do, and may not take. */
function confinement({ container, limits, listeners: places }: Settings): Partial<docker.ContainerArgs> {
  const files = limits.connectionsPerListener * Object.keys(places).length + FILES_BESIDE_CONNECTIONS;
  return {
    user: `${layout.owner}:${layout.owner}`,
    readOnly: true,
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges:true"],
    memory: container.memoryMegabytes,
    // Without an equal memorySwap the engine's own value is a change at every refresh.
    memorySwap: container.memoryMegabytes,
    ulimits: [
      { name: "nofile", soft: files, hard: files },
      { name: "nproc", soft: 256, hard: 256 },
    ],
  };
}

/**
 * How the engine keeps the broker running, watches it and keeps its log.
 *
 * The update does not wait for the engine's first check: the reload container logs in the same way, and at once.
 * A broker of another image than ours writes five lines for each check, so they are not made more often than is of use.
 */
function supervision({ container }: Settings): Partial<docker.ContainerArgs> {
  return {
    // "unless-stopped" takes a broker that Docker itself has ended, after its daemon was killed, for stopped by the user.
    restart: "always",
    healthcheck: {
      tests: ["CMD", ...containerHealthcheck],
      interval: "10s",
      timeout: "5s",
      startPeriod: "10s",
      retries: 3,
    },
    // A broker of an earlier version writes its messages when it is told to stop; this one tidies its database up.
    stopTimeout: 20,
    destroyGraceSeconds: 20,
    logDriver: "json-file",
    logOpts: { "max-size": `${container.logMegabytes}m`, "max-file": `${container.logFiles}` },
  };
}
