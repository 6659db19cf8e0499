import { X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { accountsOf } from "../mosquitto/account.ts";
import { listenerNames, listeners } from "../mosquitto/listener.ts";
import { type Authority, expiry } from "./authority.ts";
import type { Broker } from "./broker.ts";
import type { CertificateSettings } from "./certificate-settings.ts";
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
      .apply(([ca, server]) => certificates(ca, server, settings.certificates)),
    authority: authority.certificate,
    users: args.users.issued.apply((issued) => describeUsers(settings, issued)),
    patterns: pulumi.output(settings.patterns.map((rule) => ({ ...rule }))),
    policy: pulumi.output(settings.policy),
    limits: pulumi.output({
      packetBytes: settings.limits.packetBytes,
      keepaliveSeconds: settings.limits.keepaliveSeconds,
    }),
    credentials: args.users.credentials.apply((credentials) => ({ ...credentials })),
  };
}

function describeUsers(settings: Settings, issued: Readonly<Record<string, string>>): StackOutputs["users"] {
  const entries = Object.entries(settings.users).map(([name, state]) => [
    name,
    {
      rules: state.rules.map((rule) => ({ ...rule })),
      roles: [...state.roles],
      listeners: [...state.listeners],
      accounts: accountsOf(name, state).map((account) => account.name),
      generation: state.generation,
      passwordIssued: issued[name] ?? "",
    },
  ]);
  return Object.fromEntries(entries);
}

/** Clients are sent to the first name of the certificate, so that the name they check is the one they asked for. */
function endpoints(settings: Settings): StackOutputs["listeners"] {
  const [first = "localhost"] = settings.certificates.names;
  // A wildcard is no host; any name that it stands for is.
  const host =
    settings.certificates.names.find((name) => !name.startsWith("*.")) ?? first.replace(/^\*\./, "mqtt.");
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
  { names, renewalDays, own }: CertificateSettings,
): StackOutputs["certificates"] {
  const authorities = (authority.match(PEM) ?? []).map((pem) => new X509Certificate(pem));
  const [first = new X509Certificate(authority)] = authorities.sort((a, b) =>
    expiry(a).localeCompare(expiry(b)),
  );
  const certificate = new X509Certificate(server);
  return {
    authority,
    own: own !== undefined,
    authorityIssued: issue(first),
    authorityExpires: expiry(first),
    serverIssued: issue(certificate),
    serverExpires: expiry(certificate),
    serverFingerprint: certificate.fingerprint256,
    // Of a certificate that was brought, the config does not know the validity.
    renewalDays:
      own === undefined
        ? renewalDays
        : (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 3 / DAY,
    names: [...names],
  };
}

/** When a certificate was issued, ISO 8601. */
function issue(certificate: X509Certificate): string {
  return new Date(certificate.validFrom).toISOString();
}

const PEM = /-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g;

const DAY = 86_400_000;
