import * as pulumi from "@pulumi/pulumi";
import { accountsOf } from "../mosquitto/account.ts";
import { useOn } from "../mosquitto/client-certificate.ts";
import { type ListenerName, listenerIn, listeners, listenersIn } from "../mosquitto/listener.ts";
import type { Authority } from "./authority.ts";
import type { Broker } from "./broker.ts";
import { describeCertificates } from "./certificate-outputs.ts";
import type { ClientAuthority, ClientCertificate, ClientKeyPair } from "./client-authority.ts";
import type { StackOutputs } from "./contract.ts";
import { clientHost } from "./listener-settings.ts";
import type { Settings } from "./settings-schema.ts";
import type { UserCredential, Users } from "./users.ts";

export interface DescriptionArgs {
  readonly settings: Settings;
  readonly authority: Authority;
  readonly users: Users;
  /** None where no listener asks for certificates. */
  readonly clients: ClientAuthority | undefined;
}

export interface OutputsArgs {
  /** The reference of the broker's image. */
  readonly image: string;
  readonly broker: Broker;
  readonly described: Described;
}

/** Each of some outputs. */
type Each<Outputs> = { [Key in keyof Outputs]: pulumi.Output<Outputs[Key]> };

/** The outputs that do not wait for the broker. */
export type Described = Each<Omit<StackOutputs, "broker">>;

/** The stack's outputs, in the form of the contract; Pulumi warns of one that is there without a value. */
export function stackOutputs({ broker, image, described }: OutputsArgs): Each<StackOutputs> {
  const { container, revision, twin } = broker;
  return { broker: pulumi.output({ container, image, revision, twin }), ...described };
}

/** What the outputs say of a stack before its broker runs. */
export function describeStack(args: DescriptionArgs): Described {
  const { settings, authority } = args;
  const console = consoleUrl(settings);
  return {
    listeners: pulumi.output(endpoints(settings)),
    origins: pulumi.output([...settings.origins]),
    certificates: pulumi
      .all([authority.certificate, authority.serverCertificate])
      .apply(([ca, chain]) => describeCertificates(ca, chain, settings.certificates)),
    authority: authority.certificate,
    ...(console === undefined ? {} : { console: pulumi.output(console) }),
    users: pulumi
      .all([args.users.issued, args.clients?.certificates ?? {}])
      .apply(([issued, certificates]) => describeUsers(settings, issued, certificates)),
    patterns: pulumi.output(settings.patterns.map((rule) => ({ ...rule }))),
    clientIds: pulumi.output(settings.clientIds),
    policy: pulumi.output(settings.policy),
    limits: pulumi.output(limits(settings)),
    credentials: pulumi
      .all([args.users.credentials, args.clients?.keyPairs ?? {}])
      .apply(([credentials, keyPairs]) => withKeyPairs(credentials, keyPairs)),
    proofCredentials: args.users.proofs.apply(
      (proofs) => ({ ...proofs }) as StackOutputs["proofCredentials"],
    ),
  };
}

function withKeyPairs(
  credentials: Readonly<Record<string, UserCredential>>,
  keyPairs: Readonly<Record<string, ClientKeyPair>>,
): StackOutputs["credentials"] {
  const entries = Object.entries(credentials).map(([name, credential]) => {
    const clientCertificate = keyPairs[name];
    const connections = [...credential.connections];
    return [
      name,
      { ...credential, connections, ...(clientCertificate === undefined ? {} : { clientCertificate }) },
    ];
  });
  return Object.fromEntries(entries);
}

function describeUsers(
  settings: Settings,
  issued: Readonly<Record<string, string>>,
  certificates: Readonly<Record<string, readonly ClientCertificate[]>>,
): StackOutputs["users"] {
  const { revoked } = settings.clientCertificates;
  const entries = Object.entries(settings.users).map(([name, state]) => [
    name,
    {
      rules: state.rules.map((rule) => ({ ...rule })),
      roles: [...state.roles],
      listeners: [...state.listeners],
      accounts: accountsOf(name, state).map((account) => account.name),
      generation: state.generation,
      passwordIssued: issued[name] ?? "",
      certificates: (certificates[name] ?? []).map((each) => ({
        ...each,
        revoked: Object.hasOwn(revoked, each.name),
      })),
    },
  ]);
  return Object.fromEntries(entries);
}

function limits({ limits: { sessionDays: _, ...told } }: Settings): StackOutputs["limits"] {
  return told;
}

/** The URL of each listener for clients. */
export function listenerUrls(settings: Settings): Readonly<Partial<Record<ListenerName, string>>> {
  const open = endpoints(settings);
  return Object.fromEntries(listenersIn(open).map((name) => [name, listenerIn(open, name).url]));
}

/** Where people find the console. */
function consoleUrl({ console: { enabled, port }, certificates: { names } }: Settings): string | undefined {
  if (!enabled) return undefined;
  const host = clientHost("wss", "127.0.0.1", names);
  return `https://${host.includes(":") ? `[${host}]` : host}:${port}/`;
}

function endpoints(settings: Settings): StackOutputs["listeners"] {
  const entries = listenersIn(settings.listeners).map((name) => {
    const { port, address } = listenerIn(settings.listeners, name);
    const host = clientHost(name, address, settings.certificates.names);
    const authority = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    const clientCertificates = useOn(name, settings.clientCertificates);
    const { tls } = listeners[name];
    return [name, { url: `${name}://${authority}`, host, port, tls, clientCertificates }];
  });
  return Object.fromEntries(entries);
}
