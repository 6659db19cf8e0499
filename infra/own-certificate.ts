import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { checkOwnCertificate, type OwnCertificate } from "../mosquitto/certificate-chain.ts";
import { isPem } from "../mosquitto/pem.ts";
import type { CertificateSettings } from "./certificate-settings.ts";
import { removeCommand, setCommand } from "./mend.ts";
import { Refusal } from "./refusal.ts";

export interface OwnCertificateInput {
  readonly certificates: CertificateSettings;
  readonly stack: string;
  /** What paths in the config are relative to. */
  readonly folder: string;
  readonly now: Date;
}

/** A certificate that the user brought, checked, and what the user should know of it. */
export interface CheckedCertificate extends OwnCertificate {
  readonly warnings: readonly string[];
}

/**
 * Reads and checks the user's own certificate, before anything changes; undefined where the stack issues
 * its own.
 *
 * @throws Refusal that names everything that is wrong with it
 */
export function readOwnCertificate(input: OwnCertificateInput): CheckedCertificate | undefined {
  const { certificates, now } = input;
  if (certificates.own === undefined) return undefined;
  const { own } = certificates;
  const parts = PARTS.map((part) => read(part, own[part], input));
  const unread = parts.flatMap(({ fault }) => fault ?? []);
  if (unread.length > 0) throw refusal(unread, input);
  // What reads the outputs takes a certificate by its first line.
  const [chain = "", key = "", authority = ""] = parts.map(({ text }) => text.trimStart());
  const { faults, warnings } = checkOwnCertificate(
    { chain, key, authority },
    { names: certificates.names, now },
  );
  if (faults.length > 0) throw refusal(faults, input);
  return { chain, key, authority, warnings };
}

function refusal(faults: readonly string[], { stack }: OwnCertificateInput): Refusal {
  const back = removeCommand(stack, "naboom-mqtt:certificates.own");
  const head = "your own certificate (naboom-mqtt:certificates.own) cannot be used, so nothing was changed:";
  return new Refusal([head, ...faults, `to take one that the stack issues: ${back}`].join("\n  "));
}

/**
 * A value is the PEM text itself, or the path of a file with it.
 *
 * What was given for the key is not shown unless it is a file's name for sure: it may be the key itself, pasted in
 * a form that is not PEM.
 */
function read(
  part: Part,
  value: string,
  { stack, folder }: OwnCertificateInput,
): { readonly text: string; readonly fault?: string } {
  if (isPem(value) || value.includes("\n")) return { text: value };
  const path = resolve(folder, value);
  try {
    return { text: readFileSync(path, "utf8") };
  } catch (error) {
    const key = `naboom-mqtt:certificates.own.${part}`;
    const given = isName(part, value) ? `the file ${path}, which` : "what is no PEM text and, as a file,";
    const code = (error as NodeJS.ErrnoException).code;
    const fault =
      `${key} names ${given} cannot be read (${code}); allowed is a readable PEM file or the PEM text itself; ` +
      `put the file there, or name another: ${setCommand(stack, key, "PATH")}`;
    return { text: "", fault };
  }
}

/** Base64 and hex have no dot. */
function isName(part: Part, value: string): boolean {
  return part !== "key" || /\.(pem|key|crt)$/.test(value);
}

const PARTS = ["chain", "key", "authority"] as const;

type Part = (typeof PARTS)[number];
