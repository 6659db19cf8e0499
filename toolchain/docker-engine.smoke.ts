import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { prepareDockerEngine } from "./docker-engine.ts";
import { type DetachedEngine, inspectMachine, startDetached } from "./docker-service.ts";
import { createProgress } from "./progress.ts";
import { UserError } from "./user-error.ts";

/** A second engine, apart from the machine's own in all it keeps, at a socket of its own. */
let folder: string;
let bridged: boolean;
let engine: DetachedEngine;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-engine-"));
  bridged = "docker0" in networkInterfaces();
  const { dockerd } = await inspectMachine();
  expect(dockerd).toBeDefined();
  vi.stubEnv("DOCKER_HOST", `unix://${folder}/socket`);
  engine = {
    dockerd: "unshare",
    pidFile: join(folder, "pid"),
    log: join(folder, "log"),
    timeout: 30_000,
    arguments: [
      // In namespaces of its own, since `--bridge=none` deletes docker0 of the network that it runs in.
      "--net",
      "--mount",
      dockerd ?? "",
      `--host=unix://${folder}/socket`,
      `--data-root=${folder}/data`,
      `--exec-root=${folder}/exec`,
      `--pidfile=${folder}/pid`,
      "--bridge=none",
      "--iptables=false",
      "--storage-driver=vfs",
    ],
  };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  const pid = Number(await readFile(engine.pidFile, "utf8").catch(() => "0"));
  if (pid > 0) process.kill(pid, "SIGTERM");
  await vi.waitFor(async () => await expect(readFile(engine.pidFile)).rejects.toThrow(), { timeout: 20_000 });
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  expect("docker0" in networkInterfaces(), "the other engine's docker0 is untouched").toBe(bridged);
});

const options = { install: false, progress: createProgress() };

test("an engine that was stopped is started in a session of its own, once, and found", async () => {
  await expect(prepareDockerEngine(options)).rejects.toThrow(/No Docker engine answers at DOCKER_HOST=unix:/);
  const answer = await startDetached(engine);
  expect(answer.engine?.version).toMatch(/^\d+\.\d+/);
  const pid = (await readFile(engine.pidFile, "utf8")).trim();
  const [, session] = /\) \S+ \d+ \d+ (\d+)/.exec(await readFile(`/proc/${pid}/stat`, "utf8")) ?? [];
  expect(session).toBe(pid);
  await startDetached(engine);
  expect((await readFile(engine.pidFile, "utf8")).trim()).toBe(pid);
  expect(await prepareDockerEngine(options)).toMatchObject({ how: "running" });
}, 60_000);

test("an engine that can't start shows the end of its log, at once", async () => {
  const before = Date.now();
  const failing = startDetached({ ...engine, arguments: [...engine.arguments, "--storage-driver=nosuch"] });
  await expect(failing).rejects.toThrow(UserError);
  await expect(failing).rejects.toThrow(
    /started and ended again\. Its log, .*log, ends with:\n.*driver not supported/s,
  );
  expect(Date.now() - before).toBeLessThan(15_000);
}, 30_000);

test("an id left by a process that is something else now does not count as a running engine", async () => {
  await writeFile(engine.pidFile, String(process.pid));
  const failing = startDetached({ ...engine, arguments: ["--nosuch-option"] });
  await expect(failing).rejects.toThrow(/ended again.*nosuch-option/s);
  await rm(engine.pidFile);
}, 30_000);
