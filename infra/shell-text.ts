/** A text as a POSIX shell takes it, whatever is in it. */
export function shellText(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
