import { visible } from "./mend.ts";
import { nearestWord } from "./near-word.ts";

/** The namespaces of a stack's config that something other than the program reads: its providers, and Pulumi. */
const OTHERS = Object.freeze(["docker", "random", "tls", "pulumi"]);

/** Keys of a config that nobody reads, since their namespace is misspelt or another project's, a sentence each. */
export function unreadKeys(keys: readonly string[], project: string): readonly string[] {
  const read = [project, ...OTHERS];
  const beginnings = read.map((name) => `${name}:`).join(" or ");
  return keys
    .map((key) => ({ key, namespace: key.replace(/:.*$/s, "") }))
    .filter(({ namespace }) => !read.includes(namespace))
    .map(({ key, namespace }) => {
      const near = nearestWord(namespace, read);
      const meant = near === undefined ? "" : `; ${near}: is near`;
      return `${visible(key)} is read by nobody; keys begin with ${beginnings}${meant}`;
    });
}
