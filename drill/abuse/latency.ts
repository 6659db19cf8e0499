/** What a client waited for its messages, in milliseconds; none where nothing came. */
export interface Latency {
  readonly median: number;
  readonly p99: number;
  readonly longest: number;
}

/** Sums up waits in milliseconds. */
export function sumUp(waits: readonly number[]): Latency | undefined {
  if (waits.length === 0) return undefined;
  const sorted = [...waits].sort((one, other) => one - other);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
  return { median: at(0.5), p99: at(0.99), longest: at(1) };
}
