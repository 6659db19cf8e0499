import { accountsOf, seedNumber } from "../mosquitto/account.ts";
import {
  areUsed,
  certificateGenerations,
  certificateName,
  needsCertificate,
} from "../mosquitto/client-certificate.ts";
import type { CertificateSettings } from "./certificate-settings.ts";
import { certificatesOf, isRevoked } from "./client-record.ts";
import { setCommand, setTextCommand } from "./mend.ts";
import { settingPath } from "./mend-plan.ts";
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
    // Where no listener asks for certificates, none is let in, and the record keeps what it knows.
    ...(areUsed(settings.clientCertificates) ? clientFaults(stack, settings, last, now) : []),
  ];
}

function clientFaults(stack: string, settings: Settings, last: TakenOver, now: Date): string[] {
  return [
    ...loweredClients(stack, settings, last),
    ...lostRevocations(stack, settings, last, now),
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
  const path = userPath(name);
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

/** Its authority and the name in it are what tells a certificate from the one that it came after. */
function loweredClients(stack: string, { clientCertificates, users }: Settings, last: TakenOver): string[] {
  const authority = {
    path: "naboom-mqtt:clientCertificates.authorityGeneration",
    given: clientCertificates.authorityGeneration,
    before: last.clientsAuthority ?? 1,
  };
  const generations = Object.entries(users).map(([name, { certificateGeneration }]) => ({
    path: `${userPath(name)}.certificateGeneration`,
    given: certificateGeneration,
    before: lastUser(last, name)?.certificateGeneration ?? 1,
  }));
  return [authority, ...generations]
    .filter(({ given, before }) => given < before)
    .map(({ path, given, before }) => lowered(stack, path, given, before));
}

/** The list of the broker is the config's: what the config has lost would be let in again. */
function lostRevocations(
  stack: string,
  { clientCertificates: uses }: Settings,
  last: TakenOver,
  now: Date,
): string[] {
  return Object.entries(certificatesOf(last, uses.authorityGeneration).revoked)
    .filter(([, { expires }]) => new Date(expires) > now)
    .filter(([name, { serial }]) => !isRevoked(uses.revoked, name, serial))
    .map(
      ([name, { serial, expires }]) =>
        `client certificate ${name} (serial number ${serial}) is revoked and valid until ${expires.slice(0, 10)}, and the ` +
        "config does not revoke it any more, so the broker would let it in again; to mend it: " +
        revokeCommand(stack, name, serial),
    );
}

/** The broker lets in whoever has a certificate that no list takes back, whether the config knows of it or not. */
function forgottenCertificates(stack: string, settings: Settings, last: TakenOver, now: Date): string[] {
  const { clientCertificates: uses, users } = settings;
  const known = Object.entries(users)
    .filter(([, { listeners }]) => needsCertificate(listeners, uses))
    .flatMap(([user, { certificateGeneration }]) => {
      // A generation that was lowered has a sentence of its own, and its certificate is to stay.
      const before = lastUser(last, user)?.certificateGeneration ?? 1;
      const current = { certificateGeneration: Math.max(certificateGeneration, before) };
      return certificateGenerations(current).map((generation) => certificateName(user, generation));
    });
  return Object.entries(certificatesOf(last, uses.authorityGeneration).clients)
    .filter(([name, { expires }]) => !known.includes(name) && new Date(expires) > now)
    .filter(([name]) => !Object.hasOwn(uses.revoked, name))
    .map(
      ([name, { serial, expires }]) =>
        `client certificate ${name} is valid until ${expires.slice(0, 10)}, and the config gives it to no user any more, so it ` +
        `has to be revoked first: ${revokeCommand(stack, name, serial)}`,
    );
}

/** A serial number may have nothing but decimal digits, and is a text all the same. */
function revokeCommand(stack: string, name: string, serial: string): string {
  return setTextCommand(stack, settingPath("naboom-mqtt", ["clientCertificates", "revoked", name]), serial);
}

function userPath(name: string): string {
  return settingPath("naboom-mqtt", ["users", name]);
}

function lowered(stack: string, path: string, given: number, last: number): string {
  return (
    `${path} is ${given}, and the broker has taken ${last} over already: such a number is only ever raised; ` +
    `to mend it: ${setCommand(stack, path, last)}`
  );
}
