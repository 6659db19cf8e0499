import { isIP } from "node:net";
import { z } from "zod";
import { type SettingPath, setting } from "./mend-plan.ts";
import { rules, section, whole } from "./setting-rules.ts";

const DNS_NAME = /^(\*\.)?([a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

const certificateName = z
  .string(rules.name.allowed)
  .refine(
    (name) => isIP(name) !== 0 || (DNS_NAME.test(name) && name.length <= 253 && !/^[\d.]+$/.test(name)),
    rules.name.allowed,
  );

const generation = whole(rules.generation, 1, 1_000_000);

const pem = z.string(rules.pem.allowed).min(1, rules.pem.allowed);

/** The server's certificate and the authority that issues it. */
export const certificateSettings = section({
  /** Names and addresses that the server's certificate is for. @default localhost, 127.0.0.1 and ::1 */
  names: z
    .array(certificateName, rules.list.allowed)
    .min(1, rules.names.allowed)
    .default(["localhost", "127.0.0.1", "::1"]),
  /** @default 3650 */
  authorityDays: whole(rules.days, 1, 36_500).default(3_650),
  /** @default 365 */
  serverDays: whole(rules.days, 1, 36_500).default(365),
  /** Days before its end at which an `up` renews the server's certificate. @default a third of serverDays */
  renewalDays: z.number(rules.renewal.allowed).positive(rules.renewal.allowed).optional(),
  /** Raised, the server gets a new key and certificate. @default 1 */
  serverGeneration: generation.default(1),
  /** Raised, a new authority is issued. @default 1 */
  authorityGeneration: generation.default(1),
  /** The authority that the server's certificate is from; clients trust both meanwhile. @default authorityGeneration */
  authorityInForce: generation.optional(),
  /** Your own certificate instead of ours: PEM texts, or paths of PEM files. @default none */
  own: section({
    /** The server's certificate first, then the intermediates. */
    chain: pem,
    /** Its private key, unencrypted; as a text only with `config set --secret`. */
    key: pem,
    /** The CA certificates that clients trust. */
    authority: pem,
  }).optional(),
})
  .superRefine((value, context) => {
    for (const { path, message, most } of faults(value)) {
      const params = most === undefined ? undefined : { mend: (at: SettingPath) => setting(at, most) };
      context.addIssue({ code: "custom", message, path: [path], input: value[path], params });
    }
  })
  .transform(({ renewalDays, authorityInForce, ...rest }) => ({
    ...rest,
    renewalDays: renewalDays ?? rest.serverDays / 3,
    authorityInForce: authorityInForce ?? rest.authorityGeneration,
  }))
  .prefault({});

export type CertificateSettings = Readonly<z.output<typeof certificateSettings>>;

interface Dates {
  readonly authorityDays: number;
  readonly serverDays: number;
  readonly renewalDays?: number | undefined;
  readonly authorityGeneration: number;
  readonly authorityInForce?: number | undefined;
}

interface Fault {
  readonly path: keyof Dates;
  readonly message: string;
  /** What is set in its place; the default may be too much as well. */
  readonly most?: number;
}

function faults(value: Dates): Fault[] {
  const { authorityDays, serverDays, renewalDays, authorityGeneration, authorityInForce } = value;
  const behind = authorityGeneration - (authorityInForce ?? authorityGeneration);
  const late = `a server's certificate ends no later than its authority's, after ${authorityDays} days`;
  return [
    ...(serverDays > authorityDays
      ? [{ path: "serverDays" as const, message: late, most: authorityDays }]
      : []),
    ...(renewalDays !== undefined && renewalDays >= serverDays
      ? [{ path: "renewalDays" as const, message: rules.renewal.allowed }]
      : []),
    ...(behind < 0 || behind > 1
      ? [{ path: "authorityInForce" as const, message: rules.inForce.allowed }]
      : []),
  ];
}
