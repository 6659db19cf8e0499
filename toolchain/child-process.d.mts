import type { ChildProcess } from "node:child_process";

/** How a child ended, and the last signal that was received meanwhile. */
export interface ChildEnd {
  readonly error?: Error;
  readonly code?: number | null;
  readonly signal?: NodeJS.Signals | null;
  readonly received?: NodeJS.Signals;
}

/** Whether a person at a terminal can be talked to, and its Ctrl-C reaches every process. */
export function hasTerminal(): boolean;

export function finish(child: ChildProcess): Promise<ChildEnd>;

/** Ends this process as the child ended: by the same signal, or with the same exit code. */
export function endLike(end: Pick<ChildEnd, "code" | "signal">, tidy?: () => void): Promise<void>;
