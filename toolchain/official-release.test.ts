import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeEntry } from "./cache.ts";
import {
  commandLineRelease,
  findChecksum,
  pluginRelease,
  takeRelease,
  Unavailable,
} from "./official-release.ts";
import { UserError } from "./user-error.ts";

/** What a busy machine never needs. */
const PATIENCE = { answer: 20_000, standstill: 20_000 };
const NAME = "pulumi-v1.2.3-linux-x64.tar.gz";

let folder: string;
let archive: Buffer;
let server: Server;
let base: string;
let respond: RequestListener;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "naboom-release-"));
  await mkdir(join(folder, "made", "pulumi"), { recursive: true });
  await writeFile(join(folder, "made", "pulumi", "pulumi"), "#!/bin/sh\n");
  await execa("tar", ["-czf", join(folder, "made.tar.gz"), "-C", join(folder, "made"), "pulumi"]);
  archive = await readFile(join(folder, "made.tar.gz"));
  await mkdir(join(folder, "taken"));
  server = createServer((request, response) => respond(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const digest = (algorithm: string, content = archive) => createHash(algorithm).update(content).digest("hex");
const serve =
  (files: Record<string, string | Buffer>): RequestListener =>
  (request, response) => {
    const content = files[request.url?.slice(1) ?? ""];
    response.statusCode = content === undefined ? 404 : 200;
    response.end(content);
  };
const take = (patience = PATIENCE) =>
  takeRelease(
    { archive: `${base}/${NAME}`, checksums: `${base}/sums` },
    join(folder, "taken"),
    () => {},
    patience,
  );
const taken = () => readdir(join(folder, "taken"));

describe("taking an official release", () => {
  it("unpacks it if its SHA-256 is the published one, and leaves no archive behind", async () => {
    respond = serve({
      [NAME]: archive,
      sums: `${"0".repeat(64)}  other.tar.gz\n${digest("sha256")}  ${NAME}\n`,
    });
    await take();
    expect(await taken()).toEqual(["pulumi"]);
    expect(await readdir(join(folder, "taken", "pulumi"))).toEqual(["pulumi"]);
  });

  it("takes the SHA-1 that shasum has written for a plugin", async () => {
    respond = serve({ [NAME]: archive, sums: `${digest("sha1")}  ./${NAME}\n` });
    await take();
    expect(await taken()).toEqual(["pulumi"]);
  });

  it("refuses an archive that is not the published one, and keeps none of it", async () => {
    const wrong = "a".repeat(64);
    respond = serve({ [NAME]: archive, sums: `${wrong}  ${NAME}\n` });
    const error = await take().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toContain(
      `has the checksum ${digest("sha256")}, but ${wrong} is published`,
    );
    expect(await taken()).toEqual([]);
  });

  it("refuses an archive that was cut short on its way", async () => {
    respond = serve({ [NAME]: archive.subarray(0, 50), sums: `${digest("sha256")}  ${NAME}\n` });
    await expect(take()).rejects.toBeInstanceOf(UserError);
    expect(await taken()).toEqual([]);
  });

  it("does without if the list has no line for it, or the site has no such file", async () => {
    respond = serve({ [NAME]: archive, sums: "<html>please log in</html>" });
    await expect(take()).rejects.toThrow(
      new Unavailable(`${new URL(base).host} lists no checksum of ${NAME}`),
    );
    respond = serve({ sums: `${digest("sha256")}  ${NAME}\n` });
    await expect(take()).rejects.toThrow(`answered 404 for ${NAME}`);
    respond = serve({ [NAME]: archive });
    await expect(take()).rejects.toThrow("answered 404 for sums");
    expect(await taken()).toEqual([]);
  });

  it("gives up on a site that does not answer, in the time it has", async () => {
    respond = () => {};
    const started = Date.now();
    await expect(take({ ...PATIENCE, answer: 150 })).rejects.toThrow(
      new Unavailable(`${new URL(base).host} did not answer within 0.15 s`),
    );
    expect(Date.now() - started).toBeLessThan(PATIENCE.answer / 2);
  });

  it("gives up on a download that stands still", async () => {
    respond = (request, response) => {
      if (request.url === "/sums") response.end(`${digest("sha256")}  ${NAME}\n`);
      else response.writeHead(200, { "content-length": archive.length }).write(archive.subarray(0, 10));
    };
    await expect(take({ ...PATIENCE, standstill: 150 })).rejects.toBeInstanceOf(Unavailable);
  });

  it("goes on with a slow download that moves", async () => {
    respond = (request, response) => {
      if (request.url === "/sums") return void response.end(`${digest("sha256")}  ${NAME}\n`);
      response.writeHead(200);
      const step = Math.ceil(archive.length / 5);
      const send = (at: number): void => {
        if (at >= archive.length) return void response.end();
        response.write(archive.subarray(at, at + step));
        setTimeout(() => send(at + step), 400);
      };
      send(0);
    };
    await take({ ...PATIENCE, standstill: 1_500 });
    expect(await taken()).toEqual(["pulumi"]);
  });

  it("says that nothing listens", async () => {
    await new Promise((resolve) => server.close(resolve));
    await expect(take()).rejects.toThrow("could not be reached (ECONNREFUSED)");
    server.listen(0, "127.0.0.1");
  });
});

describe("an official release that can't be kept", () => {
  const sums = (content = archive) => `${digest("sha256", content)}  ${NAME}\n`;
  const cache = () => join(folder, "cache");
  const refused = async (prepare: (at: string) => Promise<void> = async () => {}) => {
    const made = makeEntry(cache(), "cli", async (at) => {
      await prepare(at);
      const release = { archive: `${base}/${NAME}`, checksums: `${base}/sums` };
      await takeRelease(release, at, () => {}, PATIENCE);
    });
    const error = await made.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(await readdir(cache())).toEqual([]);
    return (error as Error).message;
  };
  const full = () =>
    new RegExp(`^There is no space left in ${cache()} \\(ENOSPC\\), and .* 1 GB: .*NABOOM_MQTT_CACHE`);

  it.runIf(process.platform === "linux")("for lack of space does not count as a silent site", async () => {
    respond = serve({ [NAME]: archive, sums: sums() });
    expect(await refused((at) => symlink("/dev/full", join(at, NAME)))).toMatch(full());
  });

  it.each(["Cannot write: No space left on device", "Wrote only 9216 of 10240 bytes"])(
    "for lack of space once it is unpacked is the same, where tar says: %s",
    async (words) => {
      const script = `#!/bin/sh\necho 'tar: pulumi/pulumi: ${words}' >&2\nexit 2\n`;
      await writeFile(join(folder, "tar"), script, { mode: 0o755 });
      vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
      respond = serve({ [NAME]: archive, sums: sums() });
      expect(await refused().finally(() => vi.unstubAllEnvs())).toMatch(full());
    },
  );

  it("since it is broken as it was published, is told in tar's words", async () => {
    const broken = archive.subarray(0, 50);
    respond = serve({ [NAME]: broken, sums: sums(broken) });
    expect(await refused()).toMatch(
      /^tar can't unpack pulumi-.*gz, which is the published one \(.*\): check .*https:\S+\)\.$/,
    );
  });
});

describe("the places of official releases", () => {
  const sites = { downloads: "https://d.example/releases", sources: "https://s.example/pulumi" };

  it.runIf(process.platform === "linux" && process.arch === "x64")("name this system as Pulumi does", () => {
    expect(commandLineRelease("3.259.0", sites)).toEqual({
      archive: "https://d.example/releases/sdk/pulumi-v3.259.0-linux-x64.tar.gz",
      checksums: "https://s.example/pulumi/pulumi/releases/download/v3.259.0/pulumi-3.259.0-checksums.txt",
    });
    expect(pluginRelease("tls", "5.6.1", sites)).toEqual({
      archive: "https://d.example/releases/plugins/pulumi-resource-tls-v5.6.1-linux-amd64.tar.gz",
      checksums:
        "https://s.example/pulumi/pulumi-tls/releases/download/v5.6.1/pulumi-tls_5.6.1_checksums.txt",
    });
  });
});

describe("a list of checksums", () => {
  it("is read by the whole name of the file", () => {
    const list = `${"1".repeat(64)}  not-a.tar.gz\n${"2".repeat(64)} *a.tar.gz\r\n`;
    expect(findChecksum(list, "a.tar.gz")).toEqual({ algorithm: "sha256", digest: "2".repeat(64) });
    expect(findChecksum(list, "b.tar.gz")).toBeUndefined();
  });

  it("gives nothing for a digest of another length", () => {
    expect(findChecksum(`${"1".repeat(32)}  a.tar.gz\n`, "a.tar.gz")).toBeUndefined();
  });
});
