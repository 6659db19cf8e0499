import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { startDetached } from "./docker-service.ts";

let folder: string;
const at = (name: string) => join(folder, name);
const script = async (name: string, lines: string) => {
  await writeFile(at(name), `#!/bin/sh\ncd ${folder}\n${lines}\n`, { mode: 0o755 });
  return at(name);
};
const start = (dockerd: string, timeout = 10_000) =>
  startDetached({
    dockerd,
    arguments: [],
    pidFile: at("pid"),
    containerdPidFile: at("containerd.pid"),
    log: at("log"),
    timeout,
  });

/** A docker command that answers once the file `up` is there. */
const CLI = `[ -f up ] || exit 1; echo '{"Server":{"Version":"28.0.0"}}'`;
/** Writes its id at once and answers later, as dockerd does; its name is what it is known by. */
const DAEMON = "echo $$ > pid; sleep 0.7; touch up; sleep 0.3";
/** Finds the other's id, and ends. */
const LATER =
  "touch later-runs; until [ -s pid ]; do sleep 0.01; [ -f docker ] || exit; done; echo 'pid file found'; exit 1";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-service-"));
  await script("docker", CLI);
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe.runIf(process.platform === "linux")("an engine whose process ends at once", () => {
  test("is waited for if another one has been started meanwhile", async () => {
    // It finds no id of the other's before it is started itself, however busy the machine is.
    const first = await script(
      "dockerd",
      `until [ -e later-runs ]; do [ -f docker ] || exit; done; ${DAEMON}`,
    );
    const both = [start(first), start(await script("later", LATER))];
    for (const answer of await Promise.all(both)) expect(answer.engine?.version).toBe("28.0.0");
    await vi.waitFor(async () => expect(await readFile(at("log"), "utf8")).toBe("pid file found\n"));
  });

  test("is given up when the other one ends too", async () => {
    const other = await script("dockerd", "echo $$ > pid; sleep 0.7; echo 'no space'");
    const later = await script("later", LATER);
    const ends = (await Promise.allSettled([start(other), start(later)])).map(
      (end) => end.status === "rejected" && String(end.reason.message),
    );
    const sentence = expect.stringMatching(/ended again\. Its log, .*log, ends with:\n.*no space$/s);
    expect(ends).toEqual([sentence, sentence]);
  });

  test("tells what it has logged itself, not what an engine of another day did", async () => {
    await writeFile(at("log"), "cleaning up after shim disconnected\n");
    const failing = start(await script("later", "echo no such option; exit 1"));
    await expect(failing).rejects.toThrow(/ends with:\n {2}no such option$/);
  });

  test("is given up at once where there is no other", async () => {
    const before = Date.now();
    await expect(start(await script("later", "echo no such option; exit 1"))).rejects.toThrow(
      /ended again.*no such option$/s,
    );
    expect(Date.now() - before).toBeLessThan(5_000);
  });
});

describe.runIf(process.platform === "linux")("ids that were left by an engine that was killed", () => {
  /** Ends as dockerd does if a process lives under an id that it has found. */
  const REFUSING = `for file in pid containerd.pid; do
    if [ -d /proc/$(cat $file 2>/dev/null || echo none) ]; then echo "$file file found"; exit 1; fi
  done
  ${DAEMON}`;

  test("keep no new one from starting, whatever program has them now", async () => {
    await writeFile(at("pid"), String(process.pid));
    await writeFile(at("containerd.pid"), `${process.ppid}\n`);
    expect((await start(await script("dockerd", REFUSING))).engine?.version).toBe("28.0.0");
  });

  test("are left alone where they are its containerd's, which runs on", async () => {
    const containerd = execa(await script("containerd", "read _"), { reject: false });
    await writeFile(at("containerd.pid"), String(containerd.pid));
    const failing = start(await script("dockerd", REFUSING));
    await expect(failing).rejects.toThrow(/ends with:\n {2}containerd\.pid file found$/);
    expect(await readFile(at("containerd.pid"), "utf8")).toBe(String(containerd.pid));
    containerd.kill();
  });
});
