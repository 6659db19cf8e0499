import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { listenerIn } from "../mosquitto/listener.ts";
import type { RevisionUser } from "../mosquitto/revision.ts";
import { type ConsoleRevision, renderConsole } from "../web/console.ts";
import { consoleCommand, consoleHealthcheck, consoleLayout } from "../web/layout.ts";
import { readPageAssets } from "../web/page-assets.ts";
import type { SealedAccessInput } from "../web/sealed-access.ts";
import type { Authority } from "./authority.ts";
import { consoleConfinement, consoleRevisionId, publishConsole, reloadConsole } from "./console-delivery.ts";
import type { EngineContainer } from "./engine.ts";
import type { EngineNames } from "./names.ts";
import { listenerUrls } from "./outputs.ts";
import type { Settings } from "./settings-schema.ts";
import { labelList } from "./short-lived-container.ts";
import type { Users } from "./users.ts";

export interface ConsoleArgs {
  readonly names: EngineNames;
  /** The image's reference. */
  readonly image: string;
  readonly settings: Settings;
  readonly authority: Authority;
  readonly users: Users;
  /** The stack's containers as the engine has them now. */
  readonly present: ReadonlyMap<string, EngineContainer>;
}

/** The console's server: its files, their delivery, its container, and the reload. */
export class Console extends pulumi.ComponentResource {
  /** The revision of the files that the server has taken over. */
  readonly revision: pulumi.Output<string>;

  constructor(name: string, args: ConsoleArgs, options?: pulumi.ComponentResourceOptions) {
    super("naboom-mqtt:infra:Console", name, {}, options);
    const child = { parent: this };
    const { names, present } = args;
    const revision = render(args);

    const network = new docker.Network("console-network", { name: names.console, driver: "bridge" }, child);
    const files = new docker.Volume("console-files", { name: names.consoleFiles }, child);
    const image = new docker.RemoteImage("console-image", { name: args.image, keepLocally: true }, child);
    const labels = { "naboom-mqtt.stack": names.prefix, "naboom-mqtt.image": image.imageId };
    const delivery = { image: image.name, labels, volume: files.name, revision };

    const published = publishConsole(
      { ...delivery, containerName: names.consolePublish, previous: present.get(names.consolePublish) },
      child,
    );
    const container = new docker.Container(
      "console-container",
      {
        name: names.console,
        image: image.name,
        labels: labelList(labels),
        // Not the broker's network, nor that of other containers: it has no business with any of them.
        networksAdvanced: [{ name: network.name }],
        volumes: [{ volumeName: files.name, containerPath: consoleLayout.files, readOnly: true }],
        ...place(args.settings),
        ...consoleConfinement,
        ...supervision,
      },
      { ...child, dependsOn: published.completed as pulumi.Input<pulumi.Resource> },
    );
    const reloaded = reloadConsole(
      {
        ...delivery,
        containerName: names.consoleReload,
        previous: present.get(names.consoleReload),
        run: published.run,
        server: container.id,
      },
      { ...child, dependsOn: [container] },
    );
    this.revision = pulumi.output(reloaded.completed).apply(() => consoleRevisionId(revision));
    this.registerOutputs({ revision: this.revision });
  }
}

/** Every file of the console. Secret: the server's key is among them. */
function render({ settings, authority, users, names }: ConsoleArgs): pulumi.Output<ConsoleRevision> {
  const urls = listenerUrls(settings);
  const assets = readPageAssets();
  const rendered = pulumi
    .all([users.clientAccounts, authority.serverCertificate, authority.serverKey])
    .apply(([accounts, certificate, key]) =>
      renderConsole({
        assets,
        stack: names.prefix,
        brokerUrl: listenerIn(urls, "wss"),
        tlsOnly: settings.plainListeners === undefined,
        accounts: accounts.flatMap((account) => sealable(account, settings, urls)),
        certificate,
        key,
      }),
    );
  return pulumi.secret(rendered);
}

/** What the page will show to whoever logs in with an account; nothing to those who may not log in from it. */
function sealable(
  { name, listeners, rules, credential }: RevisionUser,
  { patterns, clientIds }: Settings,
  urls: ReturnType<typeof listenerUrls>,
): SealedAccessInput[] {
  if (credential === undefined || !listeners.includes("wss")) return [];
  return [
    {
      account: name,
      password: credential.password,
      rules: [
        ...rules.map(({ access, filter }) => ({ access, filter })),
        ...patterns.map(({ access, filter }) => ({ access, filter, placeholders: true })),
      ],
      listeners: listeners.map((listener) => ({ name: listener, url: listenerIn(urls, listener) })),
      ...(clientIds === "own" ? { clientId: name } : {}),
    },
  ];
}

function place({ console: { port, address }, bindAddress }: Settings): Partial<docker.ContainerArgs> {
  const [program = "", ...options] = consoleCommand;
  return {
    entrypoints: [program],
    command: options,
    ports: [{ internal: consoleLayout.port, external: port, ip: address ?? bindAddress }],
  };
}

const MEGABYTES = 64;

/** How the engine keeps the server running, watches it and keeps its log. */
const supervision: Partial<docker.ContainerArgs> = Object.freeze({
  securityOpts: ["no-new-privileges:true"],
  tmpfs: { [consoleLayout.scratch]: "" },
  memory: MEGABYTES,
  // Without an equal memorySwap the engine's own value is a change at every refresh.
  memorySwap: MEGABYTES,
  restart: "always",
  healthcheck: {
    tests: ["CMD", ...consoleHealthcheck],
    interval: "30s",
    timeout: "5s",
    startPeriod: "10s",
    retries: 3,
  },
  logDriver: "json-file",
  logOpts: { "max-size": "1m", "max-file": "3" },
});
