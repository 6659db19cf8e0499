import * as pulumi from "@pulumi/pulumi";
import { renderConfiguration } from "../mosquitto/configuration.ts";
import { type Revision, renderRevision } from "../mosquitto/revision.ts";
import type { Authority } from "./authority.ts";
import type { Settings } from "./settings-schema.ts";
import type { Users } from "./users.ts";

/** The broker's files, rendered. */
export interface Files {
  /** The text of mosquitto.conf. Known before anything is created, so that a preview can tell a restart. */
  readonly configuration: string;
  /** All files together. Secret. */
  readonly revision: pulumi.Output<Revision>;
}

/** The broker's heap may take this part of its container's memory. */
const HEAP_PART = 0.8;

const MEBIBYTE = 1_048_576;

/** Renders every file that the broker runs on. */
export function renderFiles(settings: Settings, authority: Authority, users: Users): Files {
  const configuration = renderConfiguration({
    limits: settings.limits,
    memoryBytes: Math.floor(settings.container.memoryMegabytes * MEBIBYTE * HEAP_PART),
    autosaveSeconds: settings.container.autosaveSeconds,
  });
  const { certificate, serverCertificate, serverKey } = authority;
  const revision = pulumi
    .all([users.accounts, users.healthcheckSeed, certificate, serverCertificate, serverKey])
    .apply(([accounts, seed, ca, server, key]) =>
      renderRevision({
        configuration,
        users: accounts,
        patterns: settings.patterns,
        iterations: settings.passwords.iterations,
        certificates: { authority: ca, server, key },
        names: settings.certificates.names,
        healthcheckSeed: seed,
      }),
    );
  return { configuration, revision: pulumi.secret(revision) };
}
