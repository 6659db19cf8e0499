import { mkdtemp, readlink, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lookBackScript, readEarlierRevision, swapScript } from "./earlier-revision.ts";
import { issue, trialKey } from "./trial-certificate.ts";
import { ecdsa, placeRevision, rsa, runOn } from "./trial-volume.ts";

let volume: string;

beforeEach(async () => {
  volume = await mkdtemp(join(tmpdir(), "naboom-mqtt-volume-"));
});

afterEach(() => rm(volume, { recursive: true }));

describe("the revision before the one in force", () => {
  it("is the newest that is older, whatever its name", async () => {
    await revision("rev-c", 1);
    await revision("rev-a", 2);
    await revision("rev-b", 3);
    await symlink("rev-b", join(volume, "current"));
    expect(await lookBack()).toEqual({ inForce: "rev-b", earlier: "rev-a", obstacles: [] });
  });

  it("is never one that was gone back from: one goes further back, until there is none", async () => {
    for (const [index, name] of ["rev-a", "rev-b", "rev-c"].entries()) await revision(name, index);
    await symlink("rev-c", join(volume, "current"));
    expect(await goBack()).toBe("rev-b");
    expect(await goBack()).toBe("rev-a");
    expect(await run(lookBackScript)).toMatchObject({ exitCode: 1, stderr: "there is no earlier revision" });
  });

  it("is none of the same time, so that nobody goes in a circle", async () => {
    for (const name of ["rev-a", "rev-b", "rev-c"]) await revision(name, 1);
    await symlink("rev-b", join(volume, "current"));
    expect(await run(lookBackScript)).toMatchObject({ exitCode: 1, stderr: "there is no earlier revision" });
  });
});

describe("what a running broker cannot take over", () => {
  it("is another mosquitto.conf, another authority of clients' certificates, and a key of another kind", async () => {
    await revision("rev-a", 1, { "mosquitto.conf": "a", "client-ca.crt": "a", "server.crt": rsa });
    await revision("rev-b", 2, { "mosquitto.conf": "b", "client-ca.crt": "b", "server.crt": ecdsa });
    await symlink("rev-b", join(volume, "current"));
    expect((await lookBack()).obstacles).toEqual([
      "mosquitto.conf",
      "authority of clients' certificates",
      "kind of server key (rsa instead of ec)",
    ]);
  });

  it("is an authority of clients' certificates that only one of the two has", async () => {
    await revision("rev-a", 1, { "client-ca.crt": "a" });
    await revision("rev-b", 2);
    await symlink("rev-b", join(volume, "current"));
    expect((await lookBack()).obstacles).toEqual(["authority of clients' certificates"]);
  });

  it("is no other certificate of the same kind, whatever its issuers' keys are, and no other revocation list", async () => {
    const another = issue({ name: "another", key: trialKey() }).pem;
    const authority = { "client-ca.crt": "the same" };
    await revision("rev-a", 1, { ...authority, "server.crt": ecdsa + rsa, "client.crl": "a" });
    await revision("rev-b", 2, { ...authority, "server.crt": another.trimEnd(), "client.crl": "b" });
    await symlink("rev-b", join(volume, "current"));
    expect((await lookBack()).obstacles).toEqual([]);
    expect(await goBack()).toBe("rev-a");
  });

  it("is none of the origins of pages, which a reload takes over", async () => {
    await revision("rev-a", 1, { "mosquitto.conf": "listener 8083\nwebsockets_origin none\n" });
    await revision("rev-b", 2, {
      "mosquitto.conf":
        "listener 8083\nwebsockets_origin https://a.example.org\nwebsockets_origin https://b.example.org\n",
    });
    await symlink("rev-b", join(volume, "current"));
    expect((await lookBack()).obstacles).toEqual([]);
  });
});

describe("the swap", () => {
  it("leaves the volume as it was where an update came in between", async () => {
    for (const [index, name] of ["rev-a", "rev-b", "rev-c"].entries()) await revision(name, index);
    await symlink("rev-c", join(volume, "current"));
    for (const [from = "", to = ""] of [
      ["rev-b", "rev-a"],
      ["rev-c", "rev-0"],
    ]) {
      expect(await run(swapScript, from, to)).toMatchObject({
        exitCode: 1,
        stderr: "an update has changed the revisions meanwhile",
      });
      expect(await readlink(join(volume, "current"))).toBe("rev-c");
    }
  });
});

/** A revision of so many seconds. */
function revision(name: string, time: number, files: Readonly<Record<string, string>> = {}): Promise<void> {
  return placeRevision(volume, name, time, files);
}

async function lookBack() {
  const { exitCode, stdout, stderr } = await run(lookBackScript);
  expect(exitCode, stderr).toBe(0);
  return readEarlierRevision(stdout);
}

async function goBack(): Promise<string> {
  const { inForce, earlier } = await lookBack();
  expect((await run(swapScript, inForce, earlier)).exitCode).toBe(0);
  return readlink(join(volume, "current"));
}

function run(script: string, ...args: readonly string[]) {
  return runOn(volume, script, ...args);
}
