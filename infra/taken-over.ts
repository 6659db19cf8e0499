import { z } from "zod";
import { rotations } from "../mosquitto/account.ts";
import type { OwnCertificate } from "../mosquitto/certificate-chain.ts";
import { listenerNames } from "../mosquitto/listener.ts";
import { digest } from "../mosquitto/revision.ts";
import { clientRecord, type DeliveredClients, describeClients } from "./client-record.ts";
import { protectedAuthority } from "./protection.ts";
import type { Settings } from "./settings-schema.ts";

const user = z.object({
  generation: z.int(),
  rotation: z.enum(rotations),
  overlapSince: z.int(),
  retired: z.int(),
  seeds: z.record(z.string(), z.int()).optional(),
  rules: z.string(),
  /** Where the user may log in. */
  listeners: z.array(z.enum(listenerNames)).default([...listenerNames]),
  connections: z.int().default(1),
  certificateGeneration: z.int().default(1),
});

/** Fields that are optional, or have a default, are missing in records of before there was such a setting. */
const record = z.object({
  ...clientRecord,
  /** Characters of each password. */
  passwordLength: z.int().optional(),
  users: z.record(z.string(), user),
  /** Users that were removed, as they were last. */
  gone: z.record(z.string(), user).default({}),
  certificates: z.object({
    authorityGeneration: z.int(),
    authorityInForce: z.int(),
    serverGeneration: z.int(),
    renewals: z.int(),
    /** ISO 8601. */
    serverExpires: z.string(),
    /** The generation of the CA whose key Pulumi does not delete, where there is one. */
    protectedAuthority: z.int().optional(),
    names: z.array(z.string()).optional(),
    authorityDays: z.int().optional(),
    serverDays: z.int().optional(),
    /** Digests of the user's own certificate, and of what clients trust; null where the stack issues its own. */
    own: z.object({ chain: z.string(), authority: z.string() }).nullable().optional(),
  }),
});

/**
 * What the running broker was given last, as a label of the reload container tells, and a file beside the
 * revisions where that container is gone: both are written once the files are in force, and hold no secret.
 *
 * An update compares it with what is asked for now: to refuse a lowered generation, to tell what will
 * rotate, and to renew a certificate in time.
 */
export type TakenOver = Readonly<z.infer<typeof record>>;

/** What an update delivers. */
export interface Delivered {
  readonly settings: Settings;
  /** The user's own certificate; undefined where the stack issues its own. */
  readonly own: OwnCertificate | undefined;
  readonly renewals: number;
  /** When the server's certificate ends, ISO 8601. */
  readonly serverExpires: string;
  /** Each user's client certificates. */
  readonly issued: DeliveredClients["issued"];
  /** What the broker was given before; undefined where it was never given anything. */
  readonly last: TakenOver | undefined;
}

/** The label's name. */
export const TAKEN_OVER = "naboom-mqtt.taken-over";

/**
 * Reads the text that {@link writeTakenOver} made; undefined where it was said that nothing counts.
 *
 * @throws Error for any other text
 */
export function parseTakenOver(text: string): TakenOver | undefined {
  return record.nullable().parse(JSON.parse(text)) ?? undefined;
}

/**
 * The label's text, which the volume of the revisions has as well.
 */
export function writeTakenOver({ settings, own, renewals, serverExpires, issued, last }: Delivered): string {
  const { authorityGeneration, authorityInForce, serverGeneration } = settings.certificates;
  const { names, authorityDays, serverDays } = settings.certificates;
  const value: TakenOver = {
    ...describeClients({ uses: settings.clientCertificates, issued, last }),
    passwordLength: settings.passwords.length,
    users: withCertificates(describeUsers(settings.users), last),
    gone: goneUsers(settings.users, last),
    certificates: {
      authorityGeneration,
      authorityInForce,
      serverGeneration,
      renewals,
      serverExpires,
      protectedAuthority: protectedAuthority(settings),
      names: [...names],
      authorityDays,
      serverDays,
      own: describeOwn(own),
    },
  };
  return JSON.stringify(value);
}

/** Digests that tell one certificate of the user's own from another; null where the stack issues its own. */
export function describeOwn(
  own: OwnCertificate | undefined,
): NonNullable<TakenOver["certificates"]["own"]> | null {
  return own === undefined ? null : { chain: digest([own.chain]), authority: digest([own.authority]) };
}

/** Each user's state of rotation, and its rights as a digest. */
export function describeUsers(users: Settings["users"]): TakenOver["users"] {
  const entries = Object.entries(users).map(([name, { rules, roles: _, listeners, ...state }]) => [
    name,
    {
      ...state,
      rules: digest(rules.flatMap(({ access, filter }) => [access, filter])),
      listeners: [...listeners],
    },
  ]);
  return Object.fromEntries(entries);
}

/** A user as the broker was given it last, which may be a while ago. */
export function lastUser(last: TakenOver | undefined, name: string): TakenOver["users"][string] | undefined {
  return [last?.users, last?.gone].find((users) => users !== undefined && Object.hasOwn(users, name))?.[name];
}

/** A generation may be lowered while no listener asks for certificates, and counts once one does again. */
function withCertificates(users: TakenOver["users"], last: TakenOver | undefined): TakenOver["users"] {
  const entries = Object.entries(users).map(([name, user]) => {
    const before = lastUser(last, name)?.certificateGeneration ?? 1;
    return [name, { ...user, certificateGeneration: Math.max(user.certificateGeneration, before) }];
  });
  return Object.fromEntries(entries);
}

function goneUsers(users: Settings["users"], last: TakenOver | undefined): TakenOver["gone"] {
  const known = Object.entries({ ...last?.gone, ...last?.users });
  return Object.fromEntries(known.filter(([name]) => !Object.hasOwn(users, name)));
}
