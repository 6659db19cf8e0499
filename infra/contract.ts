import { z } from "zod";
import { accesses } from "../mosquitto/acl.ts";
import { clientCertificateUses } from "../mosquitto/client-certificate.ts";
import { clientIdChoices } from "../mosquitto/client-id.ts";
import { defaultLimits } from "../mosquitto/limits.ts";
import { type ListenerName, listenerNames } from "../mosquitto/listener.ts";

const rule = z.strictObject({ access: z.enum(accesses), filter: z.string() });

const logIn = z.strictObject({ username: z.string(), password: z.string() });

/**
 * The outputs of a stack: all that a client, a smoke test or another program needs to know of a broker.
 *
 * Only `credentials` and `proofCredentials` are secret. Read them with `pulumi stack output --json --show-secrets`.
 */
export const stackOutputs = z.strictObject({
  broker: z.strictObject({
    /** The name of the broker's container. */
    container: z.string(),
    /** The image that it runs, as given to Docker. */
    image: z.string(),
    /** The id of the revision of its files that is in force. */
    revision: z.string().regex(/^[0-9a-f]{16}$/),
    /** What a twin of it takes: the network for it, and the volume of revisions. Outputs of an earlier version lack it. */
    twin: z.strictObject({ network: z.string(), revisions: z.string() }).optional(),
  }),
  /** Where each listener that is on is reached from the host. */
  listeners: z.partialRecord(
    z.enum(listenerNames),
    z.strictObject({
      /** For instance `mqtts://localhost:8883`. */
      url: z.url(),
      host: z.string(),
      port: z.int(),
      tls: z.boolean(),
      /** What it makes of clients' certificates. */
      clientCertificates: z.enum(clientCertificateUses),
    }),
  ),
  /** The origins whose pages may connect by WebSockets; outputs of an earlier version lack it, and took every page's. */
  origins: z.array(z.url()).default([]),
  /** The URL of the console, where the stack serves one. */
  console: z.url().optional(),
  certificates: z.strictObject({
    /** The CA certificates that a client has to trust, PEM. */
    authority: z.string().startsWith("-----BEGIN CERTIFICATE-----"),
    /** Whether the user brought them, or the stack issued them. */
    own: z.boolean(),
    /** When the CA certificate that ends first was issued, ISO 8601; of the user's, those that the server needs. */
    authorityIssued: z.iso.datetime({ offset: true }),
    /** When that CA certificate ends, ISO 8601. */
    authorityExpires: z.iso.datetime({ offset: true }),
    /** When the server's certificate was issued, ISO 8601. */
    serverIssued: z.iso.datetime({ offset: true }),
    /** When the server's certificate ends, ISO 8601. */
    serverExpires: z.iso.datetime({ offset: true }),
    /** SHA-256 of the server's certificate, upper-case hex pairs with colons, as Node's `fingerprint256`. */
    serverFingerprint: z.string().regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
    /** Days before its end at which an update renews the server's certificate. */
    renewalDays: z.number(),
    /** The names and addresses that the server's certificate is for. */
    names: z.array(z.string()).min(1),
  }),
  /** The CA certificates that a client has to trust, PEM, alone, to be written into a file. */
  authority: z.string(),
  /** The users by name, and what each may do. */
  users: z.record(
    z.string(),
    z.strictObject({
      /** Every rule that the user has, and the role that grants it, and the pattern that it was made from. */
      rules: z.array(rule.extend({ role: z.string().optional(), pattern: z.string().optional() })),
      roles: z.array(z.string()),
      /** Where the user may log in, of the listeners that are on. */
      listeners: z.array(z.enum(listenerNames)).min(1),
      /** The names that the user's clients can log in with now, the current one first. */
      accounts: z.array(z.string()).min(1),
      generation: z.int(),
      /** When the current password was made, ISO 8601. */
      passwordIssued: z.iso.datetime({ offset: true }),
      /** The user's client certificates that are in use, the current one first; none where no listener asks for any. */
      certificates: z.array(
        z.strictObject({
          /** The name in it, which the user is known by where a listener has `identity`. */
          name: z.string(),
          generation: z.int(),
          /** Hexadecimal. */
          serial: z.string(),
          issued: z.iso.datetime({ offset: true }),
          expires: z.iso.datetime({ offset: true }),
          /** Whether it is taken back. */
          revoked: z.boolean(),
        }),
      ),
    }),
  ),
  /** Rules that hold for every user, in whose filters `%c` stands for the client id and `%u` for the account. */
  patterns: z.array(rule),
  /** Whether clients choose their ids, or each has its account's name for one. */
  clientIds: z.enum(clientIdChoices),
  /** Ages in days beyond which a check fails. */
  policy: z.strictObject({ maxPasswordAge: z.number().optional(), maxCertificateAge: z.number().optional() }),
  limits: z.strictObject({
    packetBytes: z.int(),
    keepaliveSeconds: z.int(),
    // Outputs of an earlier version lack these, and most stacks have the defaults.
    connectionsPerListener: z.int().default(defaultLimits.connectionsPerListener),
    inflightMessages: z.int().default(defaultLimits.inflightMessages),
    queuedMessages: z.int().default(defaultLimits.queuedMessages),
    queuedBytes: z.int().default(defaultLimits.queuedBytes),
  }),
  /** Each user's current account and password, and its current client certificate, by user name. Secret. */
  credentials: z.record(
    z.string(),
    logIn.extend({
      /** The accounts of the user's further connections, where client ids are the accounts' names. */
      connections: z.array(logIn),
      /** The certificate and its key, PEM, where a listener of the user's asks for one. */
      clientCertificate: z.strictObject({ certificate: z.string(), key: z.string() }).optional(),
    }),
  ),
  /** The accounts that the smoke tests have as each user, where client ids are the accounts' names. Secret. */
  proofCredentials: z.record(z.string(), z.array(logIn)),
});

export type StackOutputs = z.infer<typeof stackOutputs>;

/** A listener as clients reach it. */
export type StackListener = NonNullable<StackOutputs["listeners"][ListenerName]>;
