import { layout } from "./layout.ts";
import { damagedPrefix, damageReport } from "./start.ts";

/** What a broker's volume of messages and sessions holds, and how much room there is for more. */
export interface Storage {
  /** Bytes of everything in it. */
  readonly used: number;
  /** Bytes that are free on its disk. */
  readonly free: number;
  /** Databases that were found damaged and that nobody has looked at yet. */
  readonly damaged: readonly DamagedDatabase[];
}

export interface DamagedDatabase {
  /** The absolute path, inside the container, of the folder that it was moved into. */
  readonly folder: string;
  /** What was wrong with it, and what was saved. */
  readonly report: string;
}

/** Free bytes below which the broker refuses what it would have to store; the patch of the image has the number too. */
export const STORAGE_FLOOR = 16_777_216;

const KIBIBYTE = 1_024;

/** The script that tells, inside the broker's container, what {@link readStorage} reads. */
export const storageScript = `set -eu
cd ${layout.data}
df -Pk . | tail -n 1
du -sk .
for aside in ${damagedPrefix}*; do
  if [ -e "$aside/${damageReport}" ]; then echo "$aside $(cat "$aside/${damageReport}")"; fi
done
`;

/** Reads what {@link storageScript} has printed; undefined if it is anything else. */
export function readStorage(printed: string): Storage | undefined {
  const [disk = "", folder = "", ...damaged] = printed.trimEnd().split("\n");
  const [free, used] = [Number(disk.trim().split(/\s+/).at(3)), Number.parseInt(folder, 10)];
  if (!Number.isSafeInteger(free) || !Number.isSafeInteger(used)) return undefined;
  return {
    used: used * KIBIBYTE,
    free: free * KIBIBYTE,
    damaged: damaged.map((line) => {
      const [name = "", ...report] = line.split(" ");
      return { folder: `${layout.data}/${name}`, report: report.join(" ") };
    }),
  };
}
