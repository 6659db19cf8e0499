import { accountsOf, seedNumber } from "../mosquitto/account.ts";
import {
  areUsed,
  certificateGenerations,
  certificateName,
  needsCertificate,
} from "../mosquitto/client-certificate.ts";
import type { CertificateSettings } from "./certificate-settings.ts";
import { setCommand } from "./mend.ts";
import type { Settings } from "./settings-schema.ts";
import { lastUser, type TakenOver } from "./taken-over.ts";
import type { UserSettings } from "./user-settings.ts";

/**
 * What an update would bring back, or forget, that the broker has been told is gone: a sentence each, with the
 * command that mends it.
 */
export function loweredNumbers(stack: string, settings: Settings, last: TakenOver, now: Date): string[] {
  return [
    ...Object.entries(settings.users).flatMap(([name, wanted]) =>
      loweredUser(stack, name, wanted, lastUser(last, name)),
    ),
    ...loweredCertificates(stack, settings.certificates, last),
    ...forgottenCertificates(stack, settings, last, now),
  ];
}

function loweredUser(
  stack: string,
  name: string,
  wanted: UserSettings,
  before: TakenOver["users"][string] | undefined,
): string[] {
  if (before === undefined) return [];
  const path = `naboom-mqtt:users${/^[\w-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`}`;
  if (wanted.generation < before.generation)
    return [lowered(stack, `${path}.generation`, wanted.generation, before.generation)];
  return [
    ...loweredOverlap(stack, path, wanted, before),
    ...otherSeeds(stack, path, { name, wanted, before }),
  ];
}

function loweredOverlap(
  stack: string,
  path: string,
  wanted: UserSettings,
  before: TakenOver["users"][string],
): string[] {
  if (wanted.rotation === "replace") return [];
  if (before.rotation === "replace") return begunTooEarly(stack, path, wanted, before);
  // Either would bring an account back, with the password that it had.
  return (["overlapSince", "retired"] as const)
    .filter((key) => wanted[key] < before[key])
    .map((key) => lowered(stack, `${path}.${key}`, wanted[key], before[key]));
}

function begunTooEarly(
  stack: string,
  path: string,
  { overlapSince }: UserSettings,
  { generation }: TakenOver["users"][string],
): string[] {
  if (overlapSince >= generation) return [];
  return [
    `${path}.overlapSince is ${overlapSince}: overlapping rotation begins with the generation in force, or an old ` +
      `password would come back; to mend it: ${setCommand(stack, `${path}.overlapSince`, generation)}`,
  ];
}

/** A generation that gets another seed would be another password, and may be one of before. */
function otherSeeds(
  stack: string,
  path: string,
  user: { readonly name: string; readonly wanted: UserSettings; readonly before: TakenOver["users"][string] },
): string[] {
  const { name, wanted, before } = user;
  const had = accountsOf(name, before).map(({ generation }) => generation);
  return accountsOf(name, wanted)
    .filter(({ generation }) => had.includes(generation))
    .map(({ generation }) => ({
      generation,
      given: seedNumber(wanted, generation),
      last: seedNumber(before, generation),
    }))
    .filter(({ given, last }) => given !== last)
    .map(
      ({ generation, given, last }) =>
        `${path}.seeds gives generation ${generation} the seed ${given}, and the broker has taken ${last} over already: a ` +
        `generation keeps its seed; to mend it: ${setCommand(stack, `${path}.seeds["${generation}"]`, last)}`,
    );
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
    `${path} is ${given}, and the broker has taken ${last} over already: such a number is only ever raised; ` +
    `to mend it: ${setCommand(stack, path, last)}`
  );
}
