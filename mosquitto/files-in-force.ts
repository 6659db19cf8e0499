import { clientCertificateFileNames, currentPath, layout, revisionFileNames } from "./layout.ts";
import { type AnyListenerName, allListenerNames } from "./listener.ts";

/** What a broker's container has of its files, without a secret. */
export interface FilesInForce {
  /** The id of the revision that they are, computed from them as that of a `Revision` is. */
  readonly revision: string;
  /** The name of their folder, which begins with the id that they had when they were delivered; none on a twin. */
  readonly folder: string | undefined;
  /** The text of the ACL file. */
  readonly acl: string;
  /** The names in each listener's password file; a listener that is off has none. */
  readonly accounts: Readonly<Partial<Record<AnyListenerName, readonly string[]>>>;
}

/** What parts the answers; no line of them begins so. */
const MARK = "# ---";

/** What stands for the names of a password file that is not there. */
const NO_FILE = "# none";

const NAMES = Object.values({ ...revisionFileNames, ...clientCertificateFileNames });

/** The script that prints the id of the revision that the files of the working folder are, whatever its name is. */
export const idScript = `for file in ${NAMES.join(" ")}; do
  if [ ! -e "$file" ]; then continue; fi
  printf '%s:%s%s:' "\${#file}" "$file" "$(stat -c %s "$file")"
  cat "$file"
done | sha256sum | cut -c 1-16`;

/**
 * The script that tells, inside the broker's container, what files are in force.
 *
 * The digest is made there, and of the password files only the names come out, so that no secret leaves.
 */
export const filesInForceScript = `set -eu
readlink ${layout.current} || true
echo '${MARK}'
cd ${layout.current}
${idScript}
echo '${MARK}'
cat ${currentPath("acl")}
${allListenerNames.map((name) => names(currentPath(`passwords-${name}`))).join("\n")}
`;

/** The names in a password file, a line each. */
function names(passwordFile: string): string {
  return `echo; echo '${MARK}'; if [ -e ${passwordFile} ]; then cut -d: -f1 ${passwordFile}; else echo '${NO_FILE}'; fi`;
}

/** Whether somebody has changed the files since they were delivered. */
export function wereChanged({ folder, revision }: Pick<FilesInForce, "folder" | "revision">): boolean {
  return folder !== undefined && !folder.startsWith(`rev-${revision}`);
}

/** Reads what {@link filesInForceScript} has printed; undefined if it is anything else. */
export function readFilesInForce(printed: string): FilesInForce | undefined {
  const [folder, revision, acl, ...lists] = printed.split(new RegExp(`(?:^|\n)${MARK}\n`));
  if (revision === undefined || acl === undefined || lists.length !== allListenerNames.length)
    return undefined;
  if (!/^[0-9a-f]{16}$/.test(revision)) return undefined;
  const accounts = allListenerNames.flatMap((name, index) => {
    const lines = (lists[index] ?? "").split("\n").filter((line) => line !== "");
    return lines[0] === NO_FILE ? [] : [[name, lines]];
  });
  return { revision, folder: folder || undefined, acl, accounts: Object.fromEntries(accounts) };
}
