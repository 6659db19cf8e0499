import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { prepareDockerEngine } from "./docker-engine.ts";
import { type DetachedEngine, startDetached } from "./docker-service.ts";
import { enclose, PrivateEngine } from "./private-engine.ts";
import { readProcessId } from "./process-id-file.ts";
import { createProgress } from "./progress.ts";
import { UserError } from "./user-error.ts";

/** Node.js lists docker0 among the interfaces only while a container is on it. */
const BRIDGE = "/sys/class/net/docker0";

/** In namespaces of its own, since `--bridge=none` deletes docker0 of the network that it runs in. */
let second: PrivateEngine;
let bridged: boolean;
let engine: DetachedEngine;

beforeEach(async () => {
  bridged = existsSync(BRIDGE);
  second = await PrivateEngine.create();
  vi.stubEnv("DOCKER_HOST", second.host);
  const daemon = await second.daemon("--bridge=none", "--iptables=false", "--storage-driver=vfs");
  const [dockerd, ...args] = enclose([daemon.dockerd, ...daemon.arguments], { processes: false });
  engine = { ...daemon, dockerd, arguments: args };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await second.end("SIGTERM");
  await second.remove();
  expect(existsSync(BRIDGE), "the other engine's docker0 is untouched").toBe(bridged);
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

test("of two that start it at once the later one waits for the other's, although its own has ended", async () => {
  // The other is held up as soon as its id is there, so that it can't answer before the later one has ended.
  const later = `until [ -s ${engine.pidFile} ]; do [ -d ${second.folder} ] || exit; done
    read -r other < ${engine.pidFile}
    kill -STOP $other
    "$@"
    (sleep 0.5; kill -CONT $other) &`;
  const args = ["-c", later, "sh", engine.dockerd, ...engine.arguments];
  const both = [startDetached(engine), startDetached({ ...engine, dockerd: "sh", arguments: args })];
  const versions = (await Promise.all(both)).map((answer) => answer.engine?.version);
  expect(versions).toEqual([expect.stringMatching(/^\d+\.\d+/), versions[0]]);
  expect(await readFile(engine.log, "utf8")).toMatch(/pid file found|is still running/);
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

test("ids left by an engine that was killed, which are other programs' now, keep it from nothing", async () => {
  await mkdir(dirname(engine.containerdPidFile), { recursive: true });
  await writeFile(engine.pidFile, String(process.pid));
  await writeFile(engine.containerdPidFile, String(process.pid));
  const answer = await startDetached(engine);
  expect(answer.engine?.version).toMatch(/^\d+\.\d+/);
  expect(readProcessId(engine.pidFile, "dockerd")).toBeGreaterThan(0);
  expect(readProcessId(engine.containerdPidFile, "containerd")).toBeGreaterThan(0);
}, 60_000);
