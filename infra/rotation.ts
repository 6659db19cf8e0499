import type { OwnCertificate } from "../mosquitto/certificate-chain.ts";
import { certificateChanges } from "./certificate-changes.ts";
import type { CertificateSettings } from "./certificate-settings.ts";
import { loweredNumbers } from "./lowered-numbers.ts";
import { Refusal } from "./refusal.ts";
import type { Settings } from "./settings-schema.ts";
import { describeOwn, type TakenOver } from "./taken-over.ts";
import { userChanges } from "./user-changes.ts";

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
  return {
    renewals,
    sentences: [
      ...userChanges(settings, last),
      ...certificateChanges({ settings: certificates, renewals, own: describeOwn(own) }, last),
      ...revocations(clientCertificates.revoked, last),
    ],
  };
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

function revocations(revoked: Readonly<Record<string, string>>, last: TakenOver): string[] {
  return Object.keys(last.clients)
    .filter((name) => Object.hasOwn(revoked, name))
    .map(
      (name) => `client certificate ${name} is revoked, and loses its rights at once where it names its user`,
    );
}
