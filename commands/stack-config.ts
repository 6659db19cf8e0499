import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Document, parseDocument } from "yaml";
import { type ParsedSettings, parseSettings } from "../infra/settings.ts";
import type { Settings } from "../infra/settings-schema.ts";
import { projectFolder, projectName } from "../toolchain/project.ts";
import { UserError } from "../toolchain/user-error.ts";

/** A stack's config file, in which comments and order are kept when a value is changed. */
export class StackConfig {
  readonly #file: string;
  readonly #stack: string;
  readonly #document: Document;
  /** The file as it was read; undefined where there was none. */
  readonly #before: string | undefined;

  private constructor(file: string, stack: string, document: Document, before: string | undefined) {
    this.#file = file;
    this.#stack = stack;
    this.#document = document;
    this.#before = before;
  }

  /** @throws UserError if the file is not there or is no YAML */
  static async read(stack: string): Promise<StackConfig> {
    const file = join(projectFolder, `Pulumi.${stack}.yaml`);
    const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw new UserError(`${file} cannot be read (${error.code}); make it readable with: chmod u+r ${file}`);
    });
    const document = parseDocument(text ?? "");
    const [error] = document.errors;
    if (error !== undefined)
      throw new UserError(`${file} is no YAML: ${error.message.split("\n")[0]}; mend it in an editor`);
    return new StackConfig(file, stack, document, text);
  }

  /** The settings that the file stands for now. */
  settings(): Settings {
    const parsed = this.#parse();
    if (parsed.success) return parsed.data;
    throw new UserError(`the config of stack ${this.#stack} has mistakes:\n  ${parsed.faults.join("\n  ")}`);
  }

  /** The broker's image that the file names, if it names one. */
  image(): string | undefined {
    const image = this.#document.getIn(["config", `${projectName}:image`]);
    return typeof image === "string" ? image : undefined;
  }

  /** Whether the file asks for the console, and the image that it names for it, if it names one. */
  console(): { readonly enabled: boolean; readonly image: string | undefined } {
    const value = this.#document.toJS()?.config?.[`${projectName}:console`] ?? {};
    const { enabled, image } = value as Readonly<Record<string, unknown>>;
    return { enabled: enabled === true, image: typeof image === "string" ? image : undefined };
  }

  /** Sets a value, by its path behind the project's name. */
  set([key = "", ...path]: readonly string[], value: unknown): void {
    this.#document.setIn(["config", `${projectName}:${key}`, ...path], value);
  }

  remove([key = "", ...path]: readonly string[]): void {
    this.#document.deleteIn(["config", `${projectName}:${key}`, ...path]);
  }

  has([key = "", ...path]: readonly string[]): boolean {
    return this.#document.hasIn(["config", `${projectName}:${key}`, ...path]);
  }

  /** Writes the file, once the settings it stands for are allowed. */
  async write(): Promise<void> {
    this.settings();
    await writeFile(this.#file, this.#text());
  }

  /** Puts the file back as it was read, unless somebody has changed it since it was written. */
  async restore(): Promise<boolean> {
    if ((await readFile(this.#file, "utf8")) !== this.#text()) return false;
    await (this.#before === undefined ? rm(this.#file) : writeFile(this.#file, this.#before));
    return true;
  }

  #text(): string {
    return this.#document.toString({ flowCollectionPadding: false, lineWidth: 0 });
  }

  #parse(): ParsedSettings {
    const config = (this.#document.toJS()?.config ?? {}) as Record<string, unknown>;
    const raw = Object.entries(config).map(([key, value]) => {
      const plain = withoutSecrets(value);
      return [key, typeof plain === "string" ? plain : JSON.stringify(plain)];
    });
    return parseSettings(Object.fromEntries(raw), { project: projectName, stack: this.#stack });
  }
}

/** A secret is for Pulumi to decrypt; none decides what can be rotated. */
function withoutSecrets(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("secure" in value) return "(a secret)";
  if (Array.isArray(value)) return value.map(withoutSecrets);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner)]));
}
