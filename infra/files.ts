import * as pulumi from "@pulumi/pulumi";
import { certificateGenerations, certificateName, useOn } from "../mosquitto/client-certificate.ts";
import { renderConfiguration } from "../mosquitto/configuration.ts";
import { listenersIn } from "../mosquitto/listener.ts";
import { type Revision, type RevisionUser, renderRevision } from "../mosquitto/revision.ts";
import type { Authority } from "./authority.ts";
import type { ClientAuthority } from "./client-authority.ts";
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

/**
 * Renders every file that the broker runs on.
 *
 * @param clients none where no listener asks for certificates
 */
export function renderFiles(
  settings: Settings,
  authority: Authority,
  users: Users,
  clients: ClientAuthority | undefined,
): Files {
  const listeners = listenersIn(settings.listeners);
  const configuration = renderConfiguration({
    listeners,
    limits: settings.limits,
    memoryBytes: Math.floor(settings.container.memoryMegabytes * MEBIBYTE * HEAP_PART),
    sync: settings.persistence.sync,
    clientCertificates: settings.clientCertificates,
    clientIds: settings.clientIds,
    origins: settings.origins,
  });
  const { certificate, serverCertificate, serverKey } = authority;
  const revision = pulumi
    .all([users.accounts, users.healthcheckSeed, certificate, serverCertificate, serverKey, clients?.files])
    .apply(([accounts, seed, ca, server, key, clientCertificates]) =>
      renderRevision({
        configuration,
        listeners,
        users: [...accounts, ...certificateUsers(settings)],
        patterns: settings.patterns,
        iterations: settings.passwords.iterations,
        certificates: { authority: ca, server, key },
        clientCertificates,
        names: settings.certificates.names,
        healthcheckSeed: seed,
      }),
    );
  return { configuration, revision: pulumi.secret(revision) };
}

/** The names that certificates give their owners, with their owners' rights, but for those that are taken back. */
function certificateUsers({ users, clientCertificates }: Settings): RevisionUser[] {
  return Object.entries(users)
    .filter(([, { listeners }]) => listeners.some((name) => useOn(name, clientCertificates) === "identity"))
    .flatMap(([user, state]) =>
      certificateGenerations(state)
        .map((generation) => certificateName(user, generation))
        .filter((name) => !Object.hasOwn(clientCertificates.revoked, name))
        .map((name) => ({ name, rules: state.rules, listeners: [] })),
    );
}
