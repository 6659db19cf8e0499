import { mkdtemp, readlink, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { placeRevision, rsa, runOn } from "../mosquitto/trial-volume.ts";
import { goBack } from "./back.ts";
import type { Docker } from "./running-broker.ts";

let engine: TrialEngine;

beforeEach(async () => {
  engine = new TrialEngine(await mkdtemp(join(tmpdir(), "naboom-mqtt-volume-")));
  await engine.revision("rev-a");
  await engine.revision("rev-b");
  await engine.revision("rev-c");
});

afterEach(() => rm(engine.volume, { recursive: true }));

describe("going back", () => {
  it("has the broker take one older revision over after the other, and the next update deliver", async () => {
    expect(await goBack("dev", engine.docker)).toBe("rev-b");
    expect(await engine.state()).toEqual({ inForce: "rev-b", broker: "rev-b", delivered: false });
    expect(await goBack("dev", engine.docker)).toBe("rev-a");
    await expect(goBack("dev", engine.docker)).rejects.toThrow(
      "the broker is left as it was (there is no earlier revision)",
    );
    expect(await engine.state()).toEqual({ inForce: "rev-a", broker: "rev-a", delivered: false });
  });

  it("is refused before anything changes where the broker does not run", async () => {
    engine.runs = false;
    await expect(goBack("prod", engine.docker)).rejects.toThrow(
      "stack prod is not up; bring it up with: npm run up -- --stack prod (its broker does not run)",
    );
    expect(await engine.state()).toEqual(UNTOUCHED);
  });

  it("is refused before anything changes where a reload is not enough, with what differs", async () => {
    await engine.revision("rev-d", { "server.crt": rsa, "client-ca.crt": "another" });
    const untouched = await engine.state();
    await expect(goBack("prod", engine.docker)).rejects.toThrow(
      "the broker is left as it was: rev-c, the earlier revision, has another authority of clients' certificates and " +
        "another kind of server key (ec instead of rsa), which a running broker cannot take over; " +
        "change Pulumi.prod.yaml instead, then: npm run up -- --stack prod",
    );
    expect(await engine.state()).toEqual(untouched);
  });

  it("is refused before anything changes where the next update could not be told", async () => {
    engine.faults.set("rm", "no such luck");
    await expect(goBack("dev", engine.docker)).rejects.toThrow("the broker is left as it was (no such luck)");
    expect(await engine.state()).toEqual(UNTOUCHED);
  });
});

describe("a broker that does not take the earlier revision over", () => {
  it("is put back on the one that was in force, also where only the proof was missed", async () => {
    engine.reloads = ["unproved", "good"];
    await expect(goBack("dev", engine.docker)).rejects.toThrow(
      "the broker did not take rev-b over (the log-in after the reload failed), so rev-c is in force again, and the broker " +
        "runs on it; its log: docker logs naboom-mqtt-dev-broker; what the config says is delivered by: npm run up",
    );
    expect(await engine.state()).toEqual({ inForce: "rev-c", broker: "rev-c", delivered: false });
    expect(await goBack("dev", engine.docker)).toBe("rev-b");
  });

  it("has the one that was in force at its next start where it cannot be reached", async () => {
    engine.reloads = ["unproved", "unreached"];
    await expect(goBack("dev", engine.docker)).rejects.toThrow(
      /so rev-c is in force again, but the broker was not seen to run on it \(no answer from Docker\), and does from its next start;/,
    );
    expect(await engine.state()).toEqual({ inForce: "rev-c", broker: "rev-b", delivered: false });
  });

  it("is said to start with the earlier one, maybe, where nothing could be put back", async () => {
    engine.reloads = ["update", "good"];
    await expect(goBack("dev", engine.docker)).rejects.toThrow(
      "and rev-c could not be put back (an update has changed the revisions meanwhile): a restart of the broker may bring rev-b;",
    );
  });
});

const UNTOUCHED = Object.freeze({ inForce: "rev-c", broker: "rev-c", delivered: true });

/** How a reload goes; "unproved" is one that the broker follows and that no log-in proves, "update" one that an update disturbs. */
type Reload = "good" | "unproved" | "unreached" | "update";

/** An engine with one broker: scripts that see the volume are run for real, on a folder. */
class TrialEngine {
  readonly volume: string;
  runs = true;
  reloads: Reload[] = [];
  /** What a command of Docker's fails with. */
  readonly faults = new Map<string, string>();
  #revisions = 0;
  #broker = "";
  #delivered = true;

  constructor(volume: string) {
    this.volume = volume;
  }

  readonly docker: Docker = async (args) => {
    const [command = ""] = args;
    const fault = this.faults.get(command);
    if (fault !== undefined) return { exitCode: 1, stdout: "", stderr: `Error:\n${fault}\n` };
    if (command === "inspect") return answer(0, this.runs ? "mosquitto:test\n" : "\n");
    if (command === "rm") this.#delivered = false;
    if (command !== "run") return answer(0);
    if (args.some((arg) => arg.startsWith("--pid="))) return this.#reload();
    const [script = "", , ...given] = args.slice(args.indexOf("-c") + 1);
    const { exitCode, stdout, stderr } = await runOn(this.volume, script, ...given);
    return { exitCode, stdout, stderr };
  };

  /** Puts a revision in force that is newer than all others, as an update does. */
  async revision(name: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#revisions += 1;
    await placeRevision(this.volume, name, this.#revisions, files);
    await rm(join(this.volume, "current"), { force: true });
    await symlink(name, join(this.volume, "current"));
    this.#broker = name;
  }

  async state() {
    const inForce = await readlink(join(this.volume, "current"));
    return { inForce, broker: this.#broker, delivered: this.#delivered };
  }

  async #reload() {
    const how = this.reloads.shift() ?? "good";
    if (how === "unreached") return answer(undefined);
    if (how === "update") await this.revision("rev-d");
    this.#broker = await readlink(join(this.volume, "current"));
    return how === "good" ? answer(0) : answer(1, "", "the log-in after the reload failed\n");
  }
}

function answer(exitCode: number | undefined, stdout = "", stderr = "") {
  return { exitCode, stdout, stderr };
}
