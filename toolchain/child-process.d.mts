import type { ChildProcess } from "node:child_process";

/** How a child ended, and the last signal that was received meanwhile. */
export interface ChildEnd {
  readonly error?: Error;
  readonly code?: number | null;
  readonly signal?: NodeJS.Signals | null;
  readonly received?: NodeJS.Signals;
}

export function finish(child: ChildProcess): Promise<ChildEnd>;
