import { copyFile, mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { imageVariable } from "../../infra/image.ts";
import { layout } from "../../mosquitto/layout.ts";
import { cacheFolder } from "../../toolchain/cache.ts";
import { TrialBroker } from "../abuse/trial-broker.ts";
import { Publisher } from "./publisher.ts";
import { Subscriber } from "./subscriber.ts";

const MEBIBYTE = 1_048_576;

/** Bytes of the disk that loses its power. */
const DISK = 96 * MEBIBYTE;

const image = inject("workbench").environment[imageVariable] ?? "";

let folder: string;
let broker: TrialBroker | undefined;
const mounts: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(cacheFolder(), "power-cut-"));
});

afterAll(async () => {
  await broker?.remove();
  for (const mount of mounts.reverse()) await execa("umount", ["--lazy", mount], { reject: false });
  await rm(folder, { recursive: true, force: true });
});

/** Mounts a file as a disk. */
async function mountDisk(file: string): Promise<string> {
  const mount = `${file}-mounted`;
  await mkdir(mount);
  await execa("mount", ["-o", "loop", file, mount]);
  mounts.push(mount);
  return mount;
}

/**
 * What is in the file of a mounted disk is what was flushed to the disk: all else is in the file system's memory, and
 * is gone at a power cut. So a copy of the file, made while the broker is stopped in the middle of its work, is the disk
 * as it would be after one.
 */
it.skipIf(process.getuid?.() !== 0)(
  "with persistence.sync full, what was acknowledged is on the disk when the power is cut",
  async () => {
    const disk = join(folder, "disk");
    await writeFile(disk, "");
    await truncate(disk, DISK);
    await execa("mkfs.ext4", ["-q", "-F", disk]);
    const data = await mountDisk(disk);
    await execa("chown", [`${layout.owner}:${layout.owner}`, data]);
    const full = (text: string) => text.replace("plugin_opt_sync normal", "plugin_opt_sync full");

    broker = await TrialBroker.start({ image, data, configuration: full });
    const subscriber = new Subscriber(broker, "absent");
    await subscriber.connect();
    await subscriber.subscribe("bystander/events/#");
    await subscriber.leave();
    const publishers = await Promise.all(
      [1, 2, 1].map((qos, i) => Publisher.start(broker as TrialBroker, `cut-${i}`, qos as 1 | 2)),
    );
    await sleep(1_000 + Math.random() * 1_000);
    await execa("docker", ["pause", broker.container]);
    const acknowledged = publishers.flatMap((publisher) => [...publisher.acknowledged]);
    await copyFile(disk, join(folder, "after"));
    for (const publisher of publishers) publisher.stop();
    await broker.remove();

    broker = await TrialBroker.start({
      image,
      data: await mountDisk(join(folder, "after")),
      configuration: full,
    });
    const again = new Subscriber(broker, "absent");
    expect(await again.connect(), "the session is there").toBe(true);
    await again.drain();
    await again.leave();
    expect(acknowledged.length).toBeGreaterThan(100);
    expect(acknowledged.filter((text) => !again.delivered.has(text))).toEqual([]);
  },
);
