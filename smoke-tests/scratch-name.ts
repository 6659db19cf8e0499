import { randomBytes } from "node:crypto";

/** A topic level, a client id or another text that nobody else uses: `smoke-` and 12 hex digits. */
export function scratchName(): string {
  return `smoke-${randomBytes(6).toString("hex")}`;
}
