import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

/** Where Linux lists this machine's IPv6 addresses, a line each: address, index, prefix, scope, flags, name. */
const TABLE = "/proc/net/if_inet6";

/** IFA_F_TENTATIVE of linux/if_addr.h: the kernel still asks whether anybody else has the address. */
const TENTATIVE = 0x40;

/** How often the table is read, and for how long it has to stay as it is, milliseconds. */
const PAUSE = Object.freeze({ read: 50, settled: 400 });

/**
 * Waits until no address of this machine is about to appear.
 *
 * A container's network interface has its link-local address one to two seconds after the container started
 * (RFC 4862, section 5.4), and at that moment Chromium gives up every connection that it is opening, with
 * `ERR_NETWORK_CHANGED`. Without IPv6 there is nothing to wait for.
 *
 * @param read gives the table; this machine's unless given
 * @throws Error if the addresses are still in motion after 30 seconds
 */
export async function settledAddresses(read: () => Promise<string> = readTable): Promise<void> {
  const end = performance.now() + 30_000;
  let seen = await read();
  let since = performance.now();
  while (hasTentative(seen) || performance.now() - since < PAUSE.settled) {
    if (performance.now() > end) throw new Error(`this machine's addresses do not settle:\n${seen}`);
    await setTimeout(PAUSE.read);
    const now = await read();
    if (now !== seen) since = performance.now();
    seen = now;
  }
}

/** Whether a table has an address that may not be used yet. */
export function hasTentative(table: string): boolean {
  return table.split("\n").some((line) => {
    const flags = line.trim().split(/\s+/)[4];
    return flags !== undefined && (Number.parseInt(flags, 16) & TENTATIVE) !== 0;
  });
}

async function readTable(): Promise<string> {
  return await readFile(TABLE, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
}
