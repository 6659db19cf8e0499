import { z } from "zod";
import { areUsed } from "../mosquitto/client-certificate.ts";
import type { ClientCertificate } from "./client-authority.ts";
import type { ClientCertificateSettings } from "./client-certificate-settings.ts";

/** By the names in them. */
const certificates = z.record(z.string(), z.object({ serial: z.string(), expires: z.string() })).default({});

/** What the record of what the broker was given last holds of clients' certificates. */
export const clientRecord = {
  /** Those that were let in. */
  clients: certificates,
  /** Those that were taken back, and stay so until they end, whoever's they were. */
  revoked: certificates,
  /** The generation of the authority that they are from. */
  clientsAuthority: z.int().optional(),
};

export type ClientRecord = Readonly<z.infer<z.ZodObject<typeof clientRecord>>>;

/** What an update does to clients' certificates. */
export interface DeliveredClients {
  readonly uses: ClientCertificateSettings;
  /** Each user's client certificates. */
  readonly issued: Readonly<Record<string, readonly ClientCertificate[]>>;
  readonly last: ClientRecord | undefined;
}

/** The certificates of the record that mean something to an authority: what one before it has signed is worthless. */
export function certificatesOf(
  last: ClientRecord | undefined,
  authority: number,
): Pick<ClientRecord, "clients" | "revoked"> {
  const isRenewed = (last?.clientsAuthority ?? authority) < authority;
  return last === undefined || isRenewed ? { clients: {}, revoked: {} } : last;
}

/**
 * The record after an update.
 *
 * Where no listener asks for certificates, none is let in, so the config may forget some; the record does not, as one may
 * ask again. Where one does, an update has seen to it that the config revokes whatever has to stay revoked.
 */
export function describeClients({ uses, issued, last }: DeliveredClients): ClientRecord {
  const clientsAuthority = Math.max(uses.authorityGeneration, last?.clientsAuthority ?? 1);
  const before = certificatesOf(last, clientsAuthority);
  const kept = areUsed(uses) ? { clients: {}, revoked: {} } : before;
  const delivered = Object.values(issued)
    .flat()
    .map(({ name, serial, expires }) => [name, { serial, expires }] as const);
  const known = [...Object.entries(before.revoked), ...Object.entries(before.clients), ...delivered];
  const takenBack = known.filter(([name, { serial }]) => isRevoked(uses.revoked, name, serial));
  const letIn = [...Object.entries(kept.clients), ...delivered].filter(
    ([name]) => !Object.hasOwn(uses.revoked, name),
  );
  return {
    clients: Object.fromEntries(letIn),
    revoked: { ...kept.revoked, ...Object.fromEntries(takenBack) },
    clientsAuthority,
  };
}

/** Whether the config takes back this very certificate. */
export function isRevoked(revoked: Readonly<Record<string, string>>, name: string, serial: string): boolean {
  const given = Object.hasOwn(revoked, name) ? revoked[name] : undefined;
  return given !== undefined && plain(given) === plain(serial);
}

/** A serial number is a number, however it is written. */
function plain(serial: string): string {
  return serial.toUpperCase().replace(/^0+/, "");
}
