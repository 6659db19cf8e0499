import * as pulumi from "@pulumi/pulumi";
import { renderRevision } from "../mosquitto/revision.ts";
import { Authority } from "./authority.ts";
import { Broker } from "./broker.ts";
import { inspectContainers } from "./engine.ts";
import { chooseImage } from "./image.ts";
import { engineNames } from "./names.ts";
import { stackOutputs } from "./outputs.ts";
import { checkHostPorts } from "./ports.ts";
import { readSettings } from "./settings.ts";
import { Users } from "./users.ts";

const MEBIBYTE = 1_048_576;

// What is asked for, and whether it can be had: everything that can be refused is refused here.
const settings = readSettings();
const names = engineNames(pulumi.getProject(), pulumi.getStack());
const [present, image] = await Promise.all([
  inspectContainers([names.broker, names.publish, names.reload]),
  chooseImage(settings.image),
]);
await checkHostPorts(settings, present.get(names.broker));

// Who is who.
const authority = new Authority("authority", settings.certificates);
const accounts = new Users("users", { users: settings.users, passwordLength: settings.passwords.length });

// The files that say so.
const revision = pulumi.secret(
  pulumi
    .all([
      accounts.accounts,
      accounts.seed,
      authority.certificate,
      authority.serverCertificate,
      authority.serverKey,
    ])
    .apply(([users, seed, ca, server, key]) =>
      renderRevision({
        configuration: {
          limits: settings.limits,
          memoryBytes: Math.floor(settings.container.memoryMegabytes * MEBIBYTE * 0.8),
          autosaveSeconds: settings.container.autosaveSeconds,
        },
        users,
        iterations: settings.passwords.iterations,
        certificates: { authority: ca, server, key },
        names: settings.certificates.names,
        healthcheckSeed: seed,
      }),
    ),
);

// The broker that runs on them, and what others need to know of it.
const running = new Broker("broker", { names, image, revision, settings, present });

export const { broker, listeners, certificates, users, limits, credentials } = stackOutputs({
  settings,
  image,
  authority,
  users: accounts,
  broker: running,
});
