import { join } from "node:path";
import { expect } from "vitest";
import { manage, ServiceProcess, storedTexts } from "../examples/django/service-process.ts";
import { KitProcess, type Program } from "./kit-process.ts";
import type { KitStage } from "./kit-stage.ts";
import type { ProgramName } from "./programs.ts";

/** Has a snippet send and receive, and then what came while it was away. */
export async function expectRuns(stage: KitStage, place: string, name: ProgramName): Promise<void> {
  const before = stage.witness.heard("naboom/test");
  const first = new KitProcess(place, stage.programs[name]);
  await stage.witness.reaches(first, "naboom/of/the/witness");
  if (name.startsWith("mosquitto")) {
    const { exitCode, stderr } = await new KitProcess(place, publishing(stage, name)).ended();
    expect(exitCode, stderr).toBe(0);
  }
  await expect.poll(() => stage.witness.heard("naboom/test"), { timeout: 20_000 }).toBeGreaterThan(before);
  await first.printed("naboom/test hello from");
  await first.stop();
  const missed = `while it was away ${before}`;
  await stage.witness.publish("naboom/missed", missed);
  const second = new KitProcess(place, stage.programs[name]);
  await second.printed(`naboom/missed ${missed}`);
  await second.stop();
}

/** Has a program end by itself, as the broker refuses it. */
export async function expectRefused(running: KitProcess): Promise<void> {
  const { exitCode, stderr, byItself } = await running.ended();
  expect(byItself, stderr).toBe(true);
  expect(stderr).toMatch(/Not authorized/);
  expect(exitCode).toBeGreaterThan(0);
}

/** Has the example's service store a message, which came by TLS. */
export async function expectStores(stage: KitStage, kit: string): Promise<void> {
  const environment = { MQTT_ENV_FILE: join(kit, "mqtt.env"), SQLITE_FILE: join(kit, "db.sqlite3") };
  const place = { python: stage.programs.aiomqtt.command, environment };
  const migrated = await manage(place, "migrate", "--verbosity=0");
  expect(migrated.exitCode, migrated.output).toBe(0);
  const service = new ServiceProcess(place, "--ssl");
  await service.logged("connected", { tls: true });
  await stage.witness.publish("naboom/community/kit", "stored by Django");
  await expect.poll(() => storedTexts(place), { timeout: 60_000 }).toContain("stored by Django");
  expect((await service.stop()).exitCode).toBe(0);
}

/** What publishes with a kit: the snippet itself, or the second script. */
export function publishing(stage: KitStage, name: ProgramName): Program {
  return name.startsWith("mosquitto")
    ? { ...stage.programs[name], args: ["publish.sh"] }
    : stage.programs[name];
}
