import { access, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Document, isAlias, isMap, isNode, isScalar, parseDocument } from "yaml";
import { type ParsedSettings, parseSettings } from "../infra/settings.ts";
import type { Settings } from "../infra/settings-schema.ts";
import { projectFolder, projectName } from "../toolchain/project.ts";
import { replaceFile } from "../toolchain/replaced-file.ts";
import { withoutSaltLine } from "../toolchain/stack-settings.ts";
import { UserError } from "../toolchain/user-error.ts";
import { shellWord } from "./shell-word.ts";
import { decodeConfig, halfCharacters, repeatedKey } from "./stack-config-text.ts";
import { strayKeys } from "./stray-keys.ts";

/** A stack's config file, in which comments and order are kept when a value is changed. */
export class StackConfig {
  readonly #file: string;
  readonly #stack: string;
  readonly #document: Document;
  readonly #halves: readonly string[];
  /** The file as it was read; undefined where there was none. */
  readonly #before: string | undefined;

  private constructor(
    file: string,
    stack: string,
    document: Document,
    halves: readonly string[],
    before: string | undefined,
  ) {
    this.#file = file;
    this.#stack = stack;
    this.#document = document;
    this.#halves = halves;
    this.#before = before;
  }

  /**
   * @param folder where the file is; @default the project's
   * @throws UserError if the file cannot be read, is not UTF-8, or is no YAML
   */
  static async read(stack: string, folder = projectFolder): Promise<StackConfig> {
    const file = join(folder, `Pulumi.${stack}.yaml`);
    const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      const mend = `chmod u+r ${shellWord(file)}`;
      throw new UserError(`${file} cannot be read (${error.code}); make it readable with: ${mend}`);
    });
    const before = bytes && decodeConfig(bytes, file);
    const text = before ?? "";
    // Pulumi takes `<<` for a merge as well.
    const document = parseDocument(text, { merge: true, uniqueKeys: false });
    const fault = yamlFault(document) ?? repeatedKey(document, text);
    if (fault !== undefined) throw new UserError(`${file} is no YAML: ${fault}; mend it in an editor`);
    completeKeys(document);
    return new StackConfig(file, stack, document, halfCharacters(document, text, file), before);
  }

  /** Whether a stack has a config file. */
  static async exists(stack: string): Promise<boolean> {
    return await access(join(projectFolder, `Pulumi.${stack}.yaml`)).then(
      () => true,
      () => false,
    );
  }

  /** The settings that the file stands for now. */
  settings(): Settings {
    const parsed = this.#parse();
    if (parsed.success && this.#unreadable.length === 0) return parsed.data;
    throw this.#mistakes(parsed, "");
  }

  /**
   * Makes sure that Pulumi will find no mistake in the file, before it is started.
   *
   * Where a secret stands in the place of something else than a text, only Pulumi can tell, and is left to.
   *
   * @throws UserError that names every mistake
   */
  check(): void {
    const parsed = this.#parse();
    const untold = !parsed.success && parsed.faults.some((fault) => fault.includes(JSON.stringify(SECRET)));
    if (this.#unreadable.length === 0 && (parsed.success || untold)) return;
    throw this.#mistakes(parsed, ", so nothing was changed");
  }

  /** What keeps a value from being what it was written for, whatever it is. */
  get #unreadable(): readonly string[] {
    return [...this.#halves, ...strayKeys(this.#document, this.#file)];
  }

  #mistakes(parsed: ParsedSettings, outcome: string): UserError {
    const faults = parsed.success ? [] : parsed.faults;
    // Where half a character is all that is wrong with a value, its line has been named.
    const others = faults.filter((fault) => this.#halves.length === 0 || !fault.includes(HALVED));
    const all = [...this.#unreadable, ...others];
    const count = all.length === 1 ? "1 mistake" : `${all.length} mistakes`;
    const head = `the config of stack ${this.#stack} has ${count}${outcome}:`;
    return new UserError([head, ...all].join("\n  "));
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

  /**
   * Sets a value, by its path behind the project's name.
   *
   * @throws UserError where it would be another value as well
   */
  set([key = "", ...path]: readonly string[], value: unknown): void {
    this.#document.setIn(this.#place(key, path), value);
  }

  /** @throws UserError where another value would go as well */
  remove([key = "", ...path]: readonly string[]): void {
    this.#document.deleteIn(this.#place(key, path));
  }

  has([key = "", ...path]: readonly string[]): boolean {
    return this.#document.hasIn(this.#place(key, path));
  }

  /** Where a value is in the document, which is opened there: `pulumi config set` without --path writes JSON as a text. */
  #place(key: string, path: readonly string[]): readonly string[] {
    const top = ["config", `${projectName}:${key}`];
    const value = jsonIn(this.#document.getIn(top));
    if (path.length > 0 && value !== undefined) this.#document.setIn(top, this.#document.createNode(value));
    const place = [...top, ...path];
    const shared = sharedAt(this.#document, place);
    if (shared === undefined) return place;
    throw new UserError(
      `${shared.slice(1).join(".")} is an anchor or an alias in ${this.#file}, so that what is changed there changes elsewhere too; ` +
        `to mend it, write it out in an editor: ${shellWord(this.#file)}`,
    );
  }

  /**
   * Writes the file, once the settings it stands for are allowed.
   *
   * @throws UserError where it cannot be written, or was changed since it was read
   */
  async write(): Promise<void> {
    this.settings();
    const now = await readFile(this.#file, "utf8").catch(() => "");
    if (withoutSaltLine(now) !== withoutSaltLine(this.#before ?? "")) {
      throw new UserError(
        `${this.#file} was changed by somebody else while this was at work, so nothing was changed by this; run this again`,
      );
    }
    // Read while Pulumi was at work, it had a salt for so long (toolchain/stack-settings.ts).
    if (withoutSaltLine(now) === now) this.#document.delete("encryptionsalt");
    await replaceFile(this.#file, this.#text());
  }

  /** Puts the file back as it was read, unless somebody has changed it since it was written. */
  async restore(): Promise<boolean> {
    if ((await readFile(this.#file, "utf8")) !== this.#text()) return false;
    await (this.#before === undefined ? rm(this.#file) : replaceFile(this.#file, this.#before));
    return true;
  }

  #text(): string {
    return this.#document.toString({ flowCollectionPadding: false, lineWidth: 0 });
  }

  /** How many bytes the values are as JSON, as Pulumi hands them to its program; a secret counts as a word. */
  bytes(): number {
    return Buffer.byteLength(JSON.stringify(this.#values()));
  }

  #parse(): ParsedSettings {
    return parseSettings(this.#values(), { project: projectName, stack: this.#stack });
  }

  /** The values by key, as texts or JSON. */
  #values(): Readonly<Record<string, string>> {
    const config = (this.#document.toJS()?.config ?? {}) as Record<string, unknown>;
    const raw = Object.entries(config).map(([key, value]) => {
      const plain = withoutSecrets(value ?? "");
      return [key, typeof plain === "string" ? plain : JSON.stringify(plain)];
    });
    return Object.fromEntries(raw);
  }
}

/** The object that a text is the JSON of, if it is one. */
function jsonIn(text: unknown): object | undefined {
  if (typeof text !== "string" || !text.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The first place on a way through a document whose value is somewhere else, too. */
function sharedAt(document: Document, path: readonly string[]): readonly string[] | undefined {
  let node: unknown = document.contents;
  for (const [index, part] of path.entries()) {
    if (!isMap(node)) return undefined;
    node = node.get(part, true);
    if (isAlias(node) || (isNode(node) && node.anchor !== undefined)) return path.slice(0, index + 1);
  }
  return undefined;
}

/** What is wrong with a document, with its line. */
function yamlFault(document: Document): string | undefined {
  const [error] = document.errors;
  if (error !== undefined) return error.message.split("\n")[0];
  try {
    document.toJS();
    return undefined;
  } catch (error) {
    return (error as Error).message; // an alias without its anchor
  }
}

/** Gives keys without a namespace the project's, as Pulumi does. */
function completeKeys(document: Document): void {
  const config = document.get("config");
  if (!isMap(config)) return;
  for (const { key } of config.items) {
    if (isScalar(key) && !String(key.value).includes(":")) key.value = `${projectName}:${key.value}`;
  }
}

/** What a topic filter's rule says of half a character. */
const HALVED = "a topic filter is well-formed Unicode";

/** What stands for a secret, which is for Pulumi to decrypt; none decides what can be rotated. */
const SECRET = "(a secret)";

function withoutSecrets(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("secure" in value) return SECRET;
  if (Array.isArray(value)) return value.map(withoutSecrets);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner)]));
}
