/** An engine that was started and does not answer. */
export interface SilentEngine {
  /** Whether its process has come to an end, else it only takes too long. */
  readonly ended: boolean;
  /** The file that it logs into, and what is in there; undefined where systemd keeps the log. */
  readonly log?: { readonly file: string; readonly text: string };
}

/** Tells that an engine is silent, and what its log says of that or how to read it. Pure. */
export function explainSilence({ ended, log }: SilentEngine): string {
  const what = `The Docker engine was started and ${ended ? "ended again" : "did not answer"}.`;
  if (log === undefined) return `${what} Run \`journalctl -u docker\` to see why.`;
  if (log.text.trim() === "") return `${what} Its log, ${log.file}, is empty: run \`dockerd\` to see why.`;
  return `${what} Its log, ${log.file}, ends with:\n  ${lastLines(log.text)}`;
}

/** The last five lines of dockerd's log, without its chatter. Pure. */
function lastLines(log: string): string {
  const lines = log.trimEnd().split("\n");
  const telling = lines.filter((line) => !/level=(info|debug)|addrConn\.createTransport/.test(line));
  return (telling.length > 0 ? telling : lines).slice(-5).join("\n  ");
}
