// Whether a folder is safe to take code from, or to remove things in; plain JavaScript, for start.mjs.
import { lstatSync } from "node:fs";

/**
 * Why others could put something into a folder, as the end of a sentence that begins with its path; undefined
 * if nobody can.
 *
 * Its owner may be this user, root, or whose project it is: the sources are that user's, so that there is no more
 * to lose. A link is no folder, as what it leads to may be another one a moment later.
 *
 * @param {string} folder must be there
 * @param {string} project the project's folder
 * @returns {string | undefined}
 */
export function ownershipFault(folder, project) {
  const found = lstatSync(folder);
  if (!found.isDirectory()) return "is not a folder";
  const user = process.geteuid?.();
  if (user === undefined) return undefined; // Windows, where folders below a user's are that user's.
  const trusted = [user, 0].includes(found.uid) || found.uid === lstatSync(project).uid;
  if (!trusted) return `belongs to another user (uid ${found.uid})`;
  return (found.mode & 0o022) === 0 ? undefined : "can be written by other users";
}
