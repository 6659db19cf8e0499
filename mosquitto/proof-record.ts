import { createHmac, timingSafeEqual } from "node:crypto";
import { readAclFile } from "./acl-file.ts";
import { healthcheckAccount } from "./healthcheck.ts";
import { clientCertificateFileNames, revisionFileNames } from "./layout.ts";
import { allListenerNames } from "./listener.ts";
import { digest, type Revision } from "./revision.ts";

/** To be raised when a proof comes to mean more, so that what was proved before is proved anew. */
const VERSION = 1;

/** What a proof of a revision covers. */
export interface Proved {
  readonly version: number;
  /** The id of the revision, which stands for all of its files. */
  readonly revision: string;
  /** The id of the image. */
  readonly image: string;
  /** A digest of what holds for every user: mosquitto.conf, the rules for everyone, the authority of clients. */
  readonly common: string;
  /** A digest of what the files have for each name that a client can log in with: its rights and its passwords. */
  readonly names: Readonly<Record<string, string>>;
}

/** Tells what a proof of a revision, on an image, covers. */
export function describeProof({ id, files }: Revision, image: string): Proved {
  const contents = new Map(files.map(({ name, content }) => [name, content]));
  const acl = readAclFile(contents.get(revisionFileNames.acl) ?? "");
  const lines = new Map<string, string[]>();
  const add = (name: string, line: string) => {
    const list = lines.get(name);
    if (list === undefined) lines.set(name, [line]);
    else list.push(line);
  };
  for (const section of acl.sections) add(section.name, section.lines.join("\n"));
  for (const listener of allListenerNames) {
    const passwords = contents.get(revisionFileNames[`passwords-${listener}`]) ?? "";
    for (const line of passwords.split("\n").filter((each) => each !== "")) {
      add(line.slice(0, line.indexOf(":")), `${listener} ${line}`);
    }
  }
  // Its password is another in each revision, and no client has it.
  lines.delete(healthcheckAccount.name);
  const common = [
    contents.get(revisionFileNames.configuration) ?? "",
    contents.get(clientCertificateFileNames.clientAuthority) ?? "",
    acl.patterns.join("\n"),
    acl.anonymous.join("\n"),
  ];
  const names = [...lines].map(([name, texts]) => [name, digest(texts)]);
  return { version: VERSION, revision: id, image, common: digest(common), names: Object.fromEntries(names) };
}

/**
 * The names of which something is not proved yet: those that the files say something else of, or that are new; all
 * of them where something changed that holds for everybody.
 *
 * A name's rights are its own and everyone's, whatever other names may do (mosquitto.conf(5), acl_file), so that a
 * name of which the files say the same as before is proved still.
 */
export function unproved(now: Proved, before: Proved | undefined): readonly string[] {
  const names = Object.keys(now.names);
  if (before === undefined || !isSameGround(now, before)) return names;
  return names.filter((name) => !Object.hasOwn(before.names, name) || before.names[name] !== now.names[name]);
}

/** Whether what holds for everybody was proved as it is now. */
export function isSameGround(now: Proved, before: Proved): boolean {
  const { version, image, common } = now;
  return before.version === version && before.image === image && before.common === common;
}

/** What stands for a proof where nothing has to be compared: another one for each revision, image and key. */
export function proofId({ version, revision, image }: Proved, key: string): string {
  return sign(JSON.stringify([version, revision, image]), key).slice(0, 32);
}

/** The text of a record, with a code that nobody can make who has not the key. */
export function writeProofRecord(proved: Proved, key: string): string {
  const text = JSON.stringify(proved);
  return JSON.stringify({ code: sign(text, key), proved: text });
}

/** Reads what {@link writeProofRecord} made; undefined for every other text. */
export function readProofRecord(text: string, key: string): Proved | undefined {
  try {
    const { code, proved } = JSON.parse(text) as Record<string, unknown>;
    if (typeof code !== "string" || typeof proved !== "string") return undefined;
    const [given, made] = [Buffer.from(code), Buffer.from(sign(proved, key))];
    if (given.length !== made.length || !timingSafeEqual(given, made)) return undefined;
    return JSON.parse(proved) as Proved;
  } catch {
    return undefined;
  }
}

function sign(text: string, key: string): string {
  return createHmac("sha256", `proof record\n${key}`).update(text).digest("hex");
}
