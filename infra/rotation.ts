import { accountsOf } from "../mosquitto/account.ts";
import {
  areUsed,
  certificateGenerations,
  certificateName,
  needsCertificate,
} from "../mosquitto/client-certificate.ts";
import type { CertificateSettings } from "./certificate-settings.ts";
import { setCommand } from "./mend.ts";
import { Refusal } from "./refusal.ts";
import type { Settings } from "./settings-schema.ts";
import { describeUsers, type TakenOver } from "./taken-over.ts";
import type { UserSettings } from "./user-settings.ts";

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
 * @throws Refusal for every generation that was lowered, since what it stood for is gone, and for every client
 *   certificate that would be forgotten without being revoked.
 */
export function planRotation(
  stack: string,
  settings: Settings,
  last: TakenOver | undefined,
  now: Date,
): Rotation {
  if (last === undefined) return { renewals: 0, sentences: [] };
  const faults = [
    ...loweredUsers(stack, settings.users, last),
    ...loweredCertificates(stack, settings.certificates, last),
    ...forgottenCertificates(stack, settings, last, now),
  ];
  if (faults.length > 0) throw new Refusal(faults.join("\n  "));
  const renewals = last.certificates.renewals + (isDue(settings.certificates, last, now) ? 1 : 0);
  return {
    renewals,
    sentences: [
      ...userSentences(settings.users, last),
      ...certificateSentences(settings.certificates, last, renewals),
      ...revocationSentences(settings.clientCertificates.revoked, last),
    ],
  };
}

/** A renewed certificate counts from its own end: a generation that was raised by hand is new already. */
function isDue(wanted: CertificateSettings, { certificates }: TakenOver, now: Date): boolean {
  // A certificate that the user brought is the user's to renew.
  const same =
    wanted.own === undefined &&
    wanted.serverGeneration === certificates.serverGeneration &&
    wanted.authorityInForce === certificates.authorityInForce;
  return same && new Date(certificates.serverExpires).getTime() - now.getTime() < wanted.renewalDays * DAY;
}

function loweredUsers(stack: string, users: Settings["users"], last: TakenOver): string[] {
  return Object.entries(users).flatMap(([name, wanted]) => {
    const before = last.users[name];
    if (before === undefined) return [];
    const path = `naboom-mqtt:users${/^[\w-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`}`;
    if (wanted.generation < before.generation)
      return [lowered(stack, `${path}.generation`, wanted.generation, before.generation)];
    if (
      wanted.rotation === "overlap" &&
      before.rotation === "replace" &&
      wanted.overlapSince < before.generation
    ) {
      return [
        `${path}.overlapSince is ${wanted.overlapSince}: overlapping rotation begins with the generation in force, or an old ` +
          `password would come back; to mend it: ${setCommand(stack, `${path}.overlapSince`, before.generation)}`,
      ];
    }
    return [];
  });
}

function loweredCertificates(
  stack: string,
  wanted: CertificateSettings,
  { certificates }: TakenOver,
): string[] {
  const keys = ["serverGeneration", "authorityGeneration", "authorityInForce"] as const;
  return keys
    .filter((key) => wanted[key] < certificates[key])
    .map((key) => lowered(stack, `naboom-mqtt:certificates.${key}`, wanted[key], certificates[key]));
}

/** The broker lets in whoever has a certificate that no list takes back, whether the config knows of it or not. */
function forgottenCertificates(stack: string, settings: Settings, last: TakenOver, now: Date): string[] {
  const { clientCertificates: uses, users } = settings;
  if (!areUsed(uses)) return [];
  const known = Object.entries(users)
    .filter(([, { listeners }]) => needsCertificate(listeners, uses))
    .flatMap(([user, state]) =>
      certificateGenerations(state).map((generation) => certificateName(user, generation)),
    );
  return Object.entries(last.clients)
    .filter(([name, { expires }]) => !known.includes(name) && new Date(expires) > now)
    .filter(([name]) => !Object.hasOwn(uses.revoked, name))
    .map(
      ([name, { serial, expires }]) =>
        `client certificate ${name} is valid until ${expires.slice(0, 10)}, and the config gives it to no user any more, so it ` +
        `has to be revoked first: ${setCommand(stack, `naboom-mqtt:clientCertificates.revoked["${name}"]`, serial)}`,
    );
}

function lowered(stack: string, path: string, given: number, last: number): string {
  return (
    `${path} is ${given}, and the broker has taken ${last} over already: a generation is only ever raised; ` +
    `to mend it: ${setCommand(stack, path, last)}`
  );
}

function userSentences(users: Settings["users"], last: TakenOver): string[] {
  const wanted = describeUsers(users);
  const added = Object.keys(users).filter((name) => last.users[name] === undefined);
  const removed = Object.keys(last.users).filter((name) => users[name] === undefined);
  const rights = Object.keys(users).filter(
    (name) => last.users[name] && last.users[name]?.rules !== wanted[name]?.rules,
  );
  return [
    ...added.map((name) => `user ${name} is added`),
    ...removed.map((name) => `user ${name} is removed, and its clients are disconnected`),
    ...rights.map((name) => `user ${name} has other rights from now on, and nobody is disconnected`),
    ...Object.entries(users).flatMap(([name, state]) => listenerSentences(name, state, last.users[name])),
    ...Object.entries(users).flatMap(([name, state]) => passwordSentences(name, state, last.users[name])),
  ];
}

function listenerSentences(
  name: string,
  { listeners }: UserSettings,
  before: TakenOver["users"][string] | undefined,
): string[] {
  if (before === undefined) return [];
  const more = listeners.filter((listener) => !before.listeners.includes(listener));
  const fewer = before.listeners.filter((listener) => !listeners.includes(listener));
  return [
    ...(more.length > 0 ? [`user ${name} may log in on ${more.join(", ")} as well from now on`] : []),
    ...(fewer.length > 0
      ? [
          `user ${name} may no longer log in on ${fewer.join(", ")}, and clients that are connected there are disconnected`,
        ]
      : []),
  ];
}

function passwordSentences(
  name: string,
  state: UserSettings,
  before: TakenOver["users"][string] | undefined,
): string[] {
  if (before === undefined) return [];
  const kept = accountsOf(name, state).map((account) => `${account.name}:${account.generation}`);
  const gone = accountsOf(name, before).filter(
    (account) => !kept.includes(`${account.name}:${account.generation}`),
  );
  const renewed =
    state.generation > before.generation
      ? [`user ${name} gets a new password (generation ${state.generation})`]
      : [];
  const lost = gone.map(
    (account) =>
      `the password of ${account.name} (generation ${account.generation}) ends, and clients that use it are disconnected`,
  );
  return [...renewed, ...lost];
}

function revocationSentences(revoked: Readonly<Record<string, string>>, last: TakenOver): string[] {
  return Object.keys(last.clients)
    .filter((name) => Object.hasOwn(revoked, name))
    .map(
      (name) => `client certificate ${name} is revoked, and loses its rights at once where it names its user`,
    );
}

function certificateSentences(
  wanted: CertificateSettings,
  { certificates }: TakenOver,
  renewals: number,
): string[] {
  const issued = wanted.authorityGeneration > certificates.authorityGeneration;
  const moved = wanted.authorityInForce > certificates.authorityInForce;
  const raised = wanted.serverGeneration > certificates.serverGeneration;
  const renewed = renewals > certificates.renewals;
  const disconnected = "nobody is disconnected";
  return [
    ...(issued && !moved
      ? [`a new CA is issued beside the old one; clients have to trust both before the rotation is finished`]
      : []),
    ...(moved
      ? [
          `the server's certificate moves to CA ${wanted.authorityInForce}; clients that do not trust it yet are refused from now on`,
        ]
      : []),
    ...(raised ? [`the server's certificate and key are new, and ${disconnected}`] : []),
    ...(renewed
      ? [
          `the server's certificate ends on ${certificates.serverExpires}, so it is renewed, and ${disconnected}`,
        ]
      : []),
  ];
}
