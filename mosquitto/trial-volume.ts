import { generateKeyPairSync } from "node:crypto";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { publishMount } from "./delivery.ts";
import { issue } from "./trial-certificate.ts";

/** Servers' certificates whose keys are of two kinds. */
export const ecdsa = issue({ name: "localhost" }).pem;
export const rsa = issue({
  name: "localhost",
  key: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
}).pem;

/** Puts a revision of so many seconds into a folder that stands for the volume. */
export async function placeRevision(
  volume: string,
  name: string,
  time: number,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  await mkdir(join(volume, name));
  for (const [file, content] of Object.entries({ "mosquitto.conf": "", "server.crt": ecdsa, ...files })) {
    await writeFile(join(volume, name, file), content);
  }
  await utimes(join(volume, name), time, time);
}

/** Runs a script that sees the volume, on the folder that stands for it. */
export function runOn(volume: string, script: string, ...args: readonly string[]) {
  const command = ["-c", script.replaceAll(publishMount, volume), "trial", ...args];
  return execa("/bin/sh", command, { reject: false });
}
