import type { OwnCertificate } from "../mosquitto/certificate-chain.ts";
import { certificateChanges, type WantedCertificates } from "./certificate-changes.ts";
import type { CertificateSettings } from "./certificate-settings.ts";
import { loweredNumbers } from "./lowered-numbers.ts";
import type { PolicyChange } from "./policy-change.ts";
import { Refusal } from "./refusal.ts";
import type { Settings } from "./settings-schema.ts";
import { describeOwn, describeUsers, type TakenOver } from "./taken-over.ts";
import { userChanges, type WantedUsers } from "./user-changes.ts";

/** What an update is asked for. */
export interface RotationInput {
  readonly stack: string;
  readonly settings: Settings;
  /** The user's own certificate; undefined where the stack issues its own. */
  readonly own: OwnCertificate | undefined;
  readonly now: Date;
}

/** What an update will do to those who are connected. */
export interface Rotation {
  /** How often the server's certificate was renewed because its end was near, this time included. */
  readonly renewals: number;
  /** One sentence for each thing that rotates, and who is disconnected by it. */
  readonly sentences: readonly string[];
}

/** What an update delivers, as far as it is told; a record of what was taken over is it as well. */
export interface Wanted extends WantedUsers {
  readonly certificates: WantedCertificates;
  /** Client certificates that are taken back, by the names in them. */
  readonly revoked: Readonly<Record<string, unknown>>;
}

const DAY = 86_400_000;

/**
 * Compares what is asked for with what the broker has taken over last.
 *
 * @throws Refusal for every number that was lowered, since what it stood for is gone, for every client
 *   certificate that would be forgotten without being revoked, and for every revocation that would be.
 */
export function planRotation(
  { stack, settings, own, now }: RotationInput,
  last: TakenOver | undefined,
): Rotation {
  if (last === undefined) return { renewals: 0, sentences: [] };
  const faults = loweredNumbers(stack, settings, last, now);
  if (faults.length > 0) throw new Refusal(faults.join("\n  "));
  const { certificates, clientCertificates } = settings;
  const renewals = last.certificates.renewals + (isDue(certificates, last, now) ? 1 : 0);
  const wanted = {
    users: describeUsers(settings.users),
    passwordLength: settings.passwords.length,
    certificates: { ...certificates, names: [...certificates.names], renewals, own: describeOwn(own) },
    revoked: clientCertificates.revoked,
  };
  return { renewals, sentences: policyChanges(wanted, last).map(({ ahead }) => ahead) };
}

/** What changes from what the broker was given last. */
export function policyChanges(wanted: Wanted, last: TakenOver): readonly PolicyChange[] {
  return [
    ...userChanges(wanted, last),
    ...certificateChanges(wanted.certificates, last),
    ...revocations(wanted.revoked, last),
  ];
}

/** A renewed certificate counts from its own end: a generation that was raised by hand is new already. */
function isDue(wanted: CertificateSettings, { certificates }: TakenOver, now: Date): boolean {
  // A certificate that the user brings is the user's to renew, and one that takes its place is new.
  const same =
    wanted.own === undefined &&
    (certificates.own ?? null) === null &&
    wanted.serverGeneration === certificates.serverGeneration &&
    wanted.authorityInForce === certificates.authorityInForce;
  return same && new Date(certificates.serverExpires).getTime() - now.getTime() < wanted.renewalDays * DAY;
}

function revocations(revoked: Wanted["revoked"], last: TakenOver): PolicyChange[] {
  return Object.keys(last.clients)
    .filter((name) => Object.hasOwn(revoked, name))
    .map((name) => ({
      ahead: `client certificate ${name} is revoked, and loses its rights at once where it names its user`,
      done: `client certificate ${name} was revoked, and lost its rights where it names its user`,
      disconnects: false,
    }));
}
