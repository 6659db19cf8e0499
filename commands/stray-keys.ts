import { type Document, isMap, isScalar } from "yaml";
import { projectName } from "../toolchain/project.ts";

/** The namespaces whose config something reads: the program's own, its providers', and Pulumi's. */
const NAMESPACES = Object.freeze([projectName, "docker", "random", "tls", "pulumi"]);

/** What Pulumi knows at the top of a stack's file. */
const TOP = Object.freeze(["config", "encryptionsalt", "encryptedkey", "secretsprovider", "environment"]);

/**
 * Keys of a stack's config file that nobody reads, a sentence each: those of a namespace that is misspelt, and those
 * that are not below `config`. Pulumi says nothing of them, and what they ask for would not be there.
 */
export function strayKeys(document: Document, file: string): readonly string[] {
  const top = keysOf(document.contents).filter((key) => !TOP.includes(key));
  const config = keysOf(document.get("config")).filter(
    (key) => !NAMESPACES.includes(key.replace(/:.*$/s, "")),
  );
  return [
    ...top.map((key) => `${key} stands at the top of ${file}, where ${TOP.join(", ")} may; ${BELOW}`),
    ...config.map((key) => `${key} is read by nobody; keys begin with ${beginnings()}; ${OTHER} ${file}`),
  ];
}

const BELOW = "to mend it, indent it below `config:` in an editor";
const OTHER = "to mend it, correct or remove it in an editor:";

function beginnings(): string {
  return NAMESPACES.map((name) => `${name}:`).join(" or ");
}

function keysOf(node: unknown): readonly string[] {
  if (!isMap(node)) return [];
  return node.items.map(({ key }) => String(isScalar(key) ? key.value : key));
}
