import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type MendableStack, mendInterruptedUpdate } from "./interrupted-update.ts";
import { projectName } from "./project.ts";

let folder: string;
/** The commands that were run for the stack. */
let ran: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-mqtt-lock-"));
  ran = [];
});

afterEach(() => rm(folder, { recursive: true }));

describe("a stack whose update was killed", () => {
  it("has its lock taken off", async () => {
    await lock({ pid: endedProcess() });
    expect(await mendInterruptedUpdate(stack())).toEqual([
      "The last update was killed: its lock on the state was taken off.",
    ]);
    expect(ran).toEqual(["cancel --yes"]);
  });

  it("has Pulumi forget what it was about to make, where nothing of it came to be", async () => {
    const operation = {
      type: "creating",
      resource: { type: "docker:index/container:Container", inputs: { name: `${projectName}-none-publish` } },
    };
    await state({ pending_operations: [operation] });
    expect(await mendInterruptedUpdate(stack([operation]))).toEqual(["It left nothing behind."]);
    expect(ran).toEqual(["refresh --yes --skip-preview --clear-pending-creates"]);
  });
});

describe("a stack whose update still runs", () => {
  it("is left alone, and the user told who holds it", async () => {
    await lock({ pid: process.pid });
    await expect(mendInterruptedUpdate(stack())).rejects.toThrow(
      `process ${process.pid} of root@${hostname()} has been updating stack unit since 2026-01-01T00:00:00Z`,
    );
    expect(ran).toEqual([]);
  });

  it("is left alone on another machine, whose processes nobody here can see", async () => {
    await lock({ pid: endedProcess(), hostname: "elsewhere" });
    await expect(mendInterruptedUpdate(stack())).rejects.toThrow("root@elsewhere");
    expect(ran).toEqual([]);
  });
});

describe("a stack without an interrupted update", () => {
  it("is left alone", async () => {
    await state({});
    expect(await mendInterruptedUpdate(stack())).toEqual([]);
    expect(await mendInterruptedUpdate({ ...stack(), stateFolder: undefined })).toEqual([]);
    expect(ran).toEqual([]);
  });

  it("is left alone where the lock of an update that ends is gone by the time that it is read", async () => {
    await lock({ pid: process.pid });
    const locks = join(folder, ".pulumi", "locks", "organization", projectName, "unit");
    await rm(join(locks, "1.json"));
    await symlink("taken away", join(locks, "1.json"));
    expect(await mendInterruptedUpdate(stack())).toEqual([]);
  });
});

function stack(operations: readonly unknown[] = []): MendableStack {
  return {
    name: "unit",
    stateFolder: folder,
    run: async (args) => {
      ran.push(args.join(" "));
      return { exitCode: 0, stdout: "", stderr: "" };
    },
    export: async () => ({ deployment: { resources: [], pending_operations: operations } }),
  };
}

async function lock(holder: { pid: number; hostname?: string }): Promise<void> {
  const locks = join(folder, ".pulumi", "locks", "organization", projectName, "unit");
  await mkdir(locks, { recursive: true });
  const content = { username: "root", hostname: hostname(), timestamp: "2026-01-01T00:00:00Z", ...holder };
  await writeFile(join(locks, "1.json"), JSON.stringify(content));
}

async function state(latest: object): Promise<void> {
  const stacks = join(folder, ".pulumi", "stacks", projectName);
  await mkdir(stacks, { recursive: true });
  await writeFile(join(stacks, "unit.json"), JSON.stringify({ version: 3, checkpoint: { latest } }));
}

/** The id of a process that is no more. */
function endedProcess(): number {
  return Number(execFileSync("sh", ["-c", "echo $$"], { encoding: "utf8" }));
}
