import { shellText } from "../infra/shell-text.ts";

/** A word as a POSIX shell takes it, quoted where it has to be. */
export function shellWord(word: string): string {
  return /^[\w./@:%+-]+$/.test(word) ? word : shellText(word);
}
