import { type Document, isMap, isScalar } from "yaml";
import { unreadKeys } from "../infra/config-namespace.ts";
import { visible } from "../infra/mend.ts";
import { nearestWord } from "../infra/near-word.ts";
import { projectName } from "../toolchain/project.ts";

/** What Pulumi knows at the top of a stack's file. */
const TOP = Object.freeze(["config", "encryptionsalt", "encryptedkey", "secretsprovider", "environment"]);

/**
 * Keys of a stack's config file that nobody reads, a sentence each: those of a namespace that is misspelt, and those
 * that are not below `config`. Pulumi says nothing of them, and what they ask for would not be there.
 */
export function strayKeys(document: Document, file: string): readonly string[] {
  const top = keysOf(document.contents).filter((key) => !TOP.includes(key));
  return [
    ...top.map(
      (key) => `${visible(key)} stands at the top of ${file}, where ${TOP.join(", ")} may; ${placeOf(key)}`,
    ),
    ...unreadKeys(keysOf(document.get("config")), projectName).map((found) => `${found}; ${OTHER} ${file}`),
  ];
}

function placeOf(key: string): string {
  const near = nearestWord(key, TOP);
  return near === undefined
    ? "to mend it, indent it below `config:` in an editor"
    : `to mend it, write ${near} instead of ${visible(key)} in an editor`;
}

const OTHER = "to mend it, correct or remove it in an editor:";

function keysOf(node: unknown): readonly string[] {
  if (!isMap(node)) return [];
  return node.items.map(({ key }) => String(isScalar(key) ? key.value : key));
}
