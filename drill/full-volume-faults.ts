import { execa } from "execa";
import { revisionFileNames } from "../mosquitto/layout.ts";
import { type Claim, claim } from "./claim.ts";
import type { Fault } from "./fault.ts";
import type { FaultGround } from "./fault-ground.ts";
import { FullVolume, type Shortage } from "./full-volume.ts";

/** Files of a revision, none of which is above a page. */
const FILES = Object.keys(revisionFileNames).length;

/** What a revision needs: a page and an inode for each file, and inodes for its folder and for the link to it. */
const NEEDED: Readonly<Record<Shortage, number>> = Object.freeze({ pages: FILES, inodes: FILES + 2 });

/** A revision is to be put into a volume in which there is not enough room, and then just enough. */
export function volumeFaults(): readonly Fault[] {
  return (["pages", "inodes"] as const).map((shortage) => ({
    name: `volume out of ${shortage}`,
    run: async (ground) => {
      const full = await fullVolumeOf(ground);
      try {
        const needed = NEEDED[shortage];
        const claims: Claim[] = [];
        for (const left of [0, 1, Math.floor(needed / 2), needed - 1, needed])
          claims.push(...(await claimPublish(full, shortage, left)));
        return { leftOn: "old", claims };
      } finally {
        await full.remove();
      }
    },
  }));
}

/** A volume for the script and the files of the stack's last publish container. */
async function fullVolumeOf({ throwaway: { prefix } }: FaultGround): Promise<FullVolume> {
  const { stdout } = await execa("docker", ["inspect", `${prefix}-publish`]);
  const [{ Config, HostConfig }] = JSON.parse(stdout);
  return await FullVolume.create({
    prefix,
    image: Config.Image,
    revisions: `${prefix}-revisions`,
    capabilities: HostConfig.CapAdd,
  });
}

async function claimPublish(full: FullVolume, shortage: Shortage, left: number): Promise<readonly Claim[]> {
  const [old = "", renewed = ""] = await full.kept();
  const [enough, where] = [left >= NEEDED[shortage], `with ${left} ${shortage} left`];
  await full.reset(old);
  await full.fill(shortage, left);
  const { exitCode, output } = await full.publish(renewed);
  const { inForce } = await full.state();
  const told = output.includes("No space left on device");
  await full.clear();
  const again = await full.publish(renewed);
  const mended = await full.state();
  const revision = enough ? "new" : "old";
  return [
    claim(
      `publish ${enough ? "succeeds" : "fails"} ${where}`,
      (exitCode === 0) === enough,
      `${exitCode}: ${output}`,
    ),
    ...(enough ? [] : [claim(`it says that there is no room, ${where}`, told, output)]),
    claim(
      `the ${revision} revision is in force, whole, ${where}`,
      inForce === (enough ? renewed : old),
      inForce,
    ),
    claim(
      `publish succeeds once there is room, after ${left} ${shortage}`,
      again.exitCode === 0,
      again.output,
    ),
    claim(
      "it leaves nothing half-done",
      mended.inForce === renewed && mended.others.length === 0,
      `${mended.others}`,
    ),
  ];
}
