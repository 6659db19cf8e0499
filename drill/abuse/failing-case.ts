import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { digest } from "../../mosquitto/revision.ts";
import { projectFolder } from "../../toolchain/project.ts";
import type { MalformedInput } from "./malformed/input.ts";

/** Inputs that have ended a broker, or were near it. */
export interface FailingCase {
  /** By which seed, and how the broker ended. */
  readonly found: string;
  /** Whether the same inputs ended it a second time. */
  readonly reproduced: boolean;
  readonly inputs: readonly MalformedInput[];
}

/** Where cases are kept, which every run begins with. */
export const casesFolder = join(projectFolder, "drill", "abuse", "cases");

/** Every case that is kept. */
export async function readCases(folder = casesFolder): Promise<readonly FailingCase[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
  return await Promise.all(names.map(async (name) => parseCase(await readFile(join(folder, name), "utf8"))));
}

/** Keeps a case in a file, and gives the file's name. */
export async function keepCase(found: FailingCase, folder = casesFolder): Promise<string> {
  const text = renderCase(found);
  const name = `${found.inputs.at(-1)?.kind.replaceAll(/\W+/g, "-") ?? "nothing"}-${digest([text]).slice(0, 8)}.json`;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), text);
  return name;
}

/** A case as JSON, its bytes in hex. */
export function renderCase(found: FailingCase): string {
  const inputs = found.inputs.map(({ pieces, ...rest }) => ({
    ...rest,
    pieces: pieces.map((piece) => piece.toString("hex")),
  }));
  return `${JSON.stringify({ ...found, inputs }, undefined, 2)}\n`;
}

/** The case that a text of {@link renderCase} is of. */
export function parseCase(text: string): FailingCase {
  const { inputs, ...rest } = JSON.parse(text);
  const decoded = inputs.map(({ pieces, ...input }: { pieces: string[] }) => ({
    ...input,
    pieces: pieces.map((piece) => Buffer.from(piece, "hex")),
  }));
  return { ...rest, inputs: decoded };
}
