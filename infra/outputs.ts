import { X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { listenerNames, listeners } from "../mosquitto/listener.ts";
import type { Authority } from "./authority.ts";
import type { Broker } from "./broker.ts";
import type { StackOutputs } from "./contract.ts";
import type { Settings } from "./settings-schema.ts";
import type { Users } from "./users.ts";

export interface OutputsArgs {
  readonly settings: Settings;
  readonly image: string;
  readonly authority: Authority;
  readonly users: Users;
  readonly broker: Broker;
}

/** The stack's outputs, in the form of the contract. */
export function stackOutputs(args: OutputsArgs): {
  [Key in keyof StackOutputs]: pulumi.Output<StackOutputs[Key]>;
} {
  const { settings, authority, broker } = args;
  return {
    broker: pulumi.output({ container: broker.container, image: args.image, revision: broker.revision }),
    listeners: pulumi.output(endpoints(settings)),
    certificates: pulumi
      .all([authority.certificate, authority.serverCertificate])
      .apply(([ca, server]) => certificates(ca, server, settings.certificates.names)),
    users: pulumi.output({ ...settings.users }),
    limits: pulumi.output({
      packetBytes: settings.limits.packetBytes,
      keepaliveSeconds: settings.limits.keepaliveSeconds,
    }),
    credentials: args.users.accounts.apply((accounts) =>
      Object.fromEntries(
        accounts.map(({ name, credential }) => [name, { username: name, password: credential.password }]),
      ),
    ),
  };
}

/** Clients are sent to the first name of the certificate, so that the name they check is the one they asked for. */
function endpoints(settings: Settings): StackOutputs["listeners"] {
  const host = settings.certificates.names[0] ?? "localhost";
  const entries = listenerNames.map((name) => {
    const { port } = settings.listeners[name];
    const authority = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    return [name, { url: `${name}://${authority}`, host, port, tls: listeners[name].tls }];
  });
  return Object.fromEntries(entries);
}

function certificates(
  authority: string,
  server: string,
  names: readonly string[],
): StackOutputs["certificates"] {
  const serverCertificate = new X509Certificate(server);
  return {
    authority,
    authorityExpires: new Date(new X509Certificate(authority).validTo).toISOString(),
    serverExpires: new Date(serverCertificate.validTo).toISOString(),
    serverFingerprint: serverCertificate.fingerprint256,
    names: [...names],
  };
}
