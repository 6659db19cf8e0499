import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cacheFolder } from "../cache.ts";
import { dockerCommand } from "../docker.ts";
import { type BrokerVariant, brokerImage, brokerPatches } from "./broker/recipe.ts";
import { buildDebianImage } from "./debian-image.ts";
import { findDebianArchive } from "./debian-packages.ts";
import { throwawayLabel, WORK_FOLDER } from "./leftovers.ts";
import { sbomPath } from "./sbom.ts";

/** Made anew, so that what is tested is what the recipe makes, not what an engine happens to hold. */
let image: string;
let id: string;
/** Ids of all that was built here. */
const images: string[] = [];
const name = `naboom-mqtt-image-test-${randomBytes(4).toString("hex")}`;
const secret = randomBytes(16).toString("hex");
const CONFINED = [
  "--read-only",
  "--cap-drop=ALL",
  "--security-opt=no-new-privileges",
  "--user=1883:1883",
  "--tmpfs=/tmp",
];

const CONF = `
persistence true
persistence_location /mosquitto/data/
plugin_load passwords /usr/lib/mosquitto_password_file.so
plugin_opt_password_file /config/current/passwd
plugin_load rights /usr/lib/mosquitto_acl_file.so
plugin_opt_acl_file /config/current/acl
listener 1883
plugin_use passwords
plugin_use rights
listener_allow_anonymous false
listener 8083
protocol websockets
plugin_use passwords
plugin_use rights
listener_allow_anonymous false
`;

async function docker(args: readonly string[], input?: string) {
  return await dockerCommand(args, { timeout: 60_000, ...(input === undefined ? {} : { input }) });
}

/** Runs a shell line in a short-lived container that sees the volume, as the broker's user. */
async function inVolume(line: string, input = "") {
  return await docker(
    ["run", "--rm", "-i", "--network=none", ...CONFINED, "-v", `${name}:/config`, image, "sh", "-ec", line],
    input,
  );
}

async function inBroker(...command: string[]) {
  return await docker(["exec", name, ...command]);
}

async function buildImage(variant: BrokerVariant = {}): Promise<{ reference: string; id: string }> {
  const reference = await buildDebianImage(
    { ...brokerImage(variant), name },
    await findDebianArchive(),
    () => undefined,
  );
  const inspected = await docker(["image", "inspect", "--format", "{{.Id}}", reference]);
  images.push(inspected.stdout.trim());
  return { reference, id: inspected.stdout.trim() };
}

interface Component {
  readonly name: string;
  readonly version?: string;
  readonly hashes?: readonly { readonly content: string }[];
  readonly components?: readonly Component[];
  readonly pedigree?: { readonly patches: readonly object[] };
}

async function readBill(): Promise<{ readonly components: readonly Component[] }> {
  return JSON.parse((await inVolume(`cat ${sbomPath}`)).stdout);
}

/** A Debian version that begins with a program's own: `3.6.5-1` for 3.6.5. */
function startsWith(version = "none"): RegExp {
  return new RegExp(`^${version.replaceAll(".", "[.]")}[-+]`);
}

beforeAll(async () => {
  ({ reference: image, id } = await buildImage());
  await docker(["volume", "create", name]);
  const owner = await docker([
    "run",
    "--rm",
    "--cap-drop=ALL",
    "--cap-add=CHOWN",
    "-v",
    `${name}:/config`,
    image,
    "chown",
    "1883:1883",
    "/config",
  ]);
  expect(owner.stderr).toBe("");
}, 600_000);

afterAll(async () => {
  await docker(["rm", "--force", "--volumes", name]);
  await docker(["volume", "rm", "--force", name]);
  await docker(["image", "rm", "--force", ...images]);
});

describe("the image built from Debian's source", () => {
  test("is at most 25 MB, opens nothing by itself and has no variable, port or volume", async () => {
    const [details] = JSON.parse((await docker(["image", "inspect", image])).stdout);
    expect(details.Size).toBeLessThan(25e6);
    expect(details.Config.Cmd ?? []).toEqual([]);
    expect(details.Config.Entrypoint ?? []).toEqual([]);
    expect(details.Config.ExposedPorts ?? {}).toEqual({});
    expect(details.Config.Volumes ?? {}).toEqual({});
    expect(details.Config.Labels["naboom-mqtt.packages"]).toContain(" mosquitto=2.");
    const run = await docker(["run", "--rm", image]);
    expect(run.exitCode).not.toBe(0);
    expect(run.stderr).toMatch(/no command specified/i);
  });

  test("has the same id when built again", async () => {
    expect((await buildImage()).id).toBe(id);
  }, 600_000);

  test("is not built if a patch does not apply, and nothing is left of the attempt", async () => {
    const text = "--- a/lib/net_ws.c\n+++ b/lib/net_ws.c\n@@ -1,2 +1,2 @@\n-not there\n+new\n not there\n";
    const building = buildImage({ patches: [{ name: "0001-of-a-newer-mosquitto.patch", text }] });
    await expect(building).rejects.toThrow(
      /^the patch 0001-of-a-newer-mosquitto\.patch does not apply to Debian's Mosquitto 2\.\d+\.\d+-\S+, which may be newer/,
    );
    const own = `label=${throwawayLabel()}`;
    const left = await Promise.all([
      docker(["ps", "--all", "--quiet", "--filter", own]),
      docker(["image", "ls", "--quiet", "--filter", own]),
    ]);
    expect(left.map(({ stdout }) => stdout)).toEqual(["", ""]);
    const folders = await readdir(cacheFolder());
    expect(folders.filter((folder) => folder.startsWith(`${WORK_FOLDER}${process.pid}-`))).toEqual([]);
  }, 600_000);

  test("links no HTTP server and what hangs on it, and loads each library from Debian", async () => {
    const listed = await inVolume("ls /usr/lib/*-linux-gnu");
    expect(listed.stdout).toMatch(/^libssl\.so\.3$/m);
    expect(listed.stdout).toMatch(/^libsqlite3\.so\.0$/m);
    expect(listed.stdout).not.toMatch(/microhttpd|gnutls|dlt|wrap|systemd|edit/);
  });

  test("has no file that lends rights, and none that others may write", async () => {
    const found = await inVolume(
      "find /usr /etc /mosquitto /tmp /run /dev -xdev \\( -perm -4000 -o -perm -2000 \\) -print 2>/dev/null; find /usr /etc /mosquitto -perm -0002 ! -type l -print",
    );
    expect(found).toMatchObject({ stdout: "", exitCode: 0 });
  });

  test("has the official image's paths and ids", async () => {
    const told = await inVolume(
      "id -u mosquitto; id -g mosquitto; stat -c '%u:%g %a %n' /mosquitto/config /mosquitto/data /mosquitto/log; " +
        "ls /usr/sbin/mosquitto /usr/bin/mosquitto_pub /usr/bin/mosquitto_sub /usr/bin/mosquitto_rr " +
        "/usr/bin/mosquitto_passwd /usr/bin/mosquitto_signal /usr/lib/mosquitto_acl_file.so /usr/lib/mosquitto_password_file.so " +
        "/usr/lib/mosquitto_persist_sqlite.so /usr/bin/mosquitto_db_dump",
    );
    expect(told.stderr).toBe("");
    expect(told.stdout).toMatch(
      /^1883\n1883\n(1883:1883 755 \/mosquitto\/\w+\n){3}\/usr\/bin\/mosquitto_db_dump/,
    );
  });
});

describe("its list of what it consists of", () => {
  test("names each file that can be run or loaded, with the package that it is of", async () => {
    const { components } = await readBill();
    const listed = components.flatMap(({ components: parts = [] }) =>
      parts.flatMap(({ name: path, hashes = [] }) => hashes.map(({ content }) => `${content}  ${path}`)),
    );
    const elf = await inVolume(
      'find / -xdev -type f ! -path "/proc/*" ! -path "/sys/*" | while read -r file; do ' +
        'if [ "$(head -c 4 "$file" | tail -c 3)" = ELF ]; then sha256sum "$file"; fi; done',
    );
    expect(listed.length).toBeGreaterThan(20);
    expect(elf.stdout.split("\n").sort()).toEqual(listed.sort());
  });

  test("names mosquitto, OpenSSL, SQLite and libc in the versions that run", async () => {
    const { components } = await readBill();
    const version = (name: string) => components.find((component) => component.name === name)?.version;
    const told = await inVolume(
      "mosquitto -h | head -n 1; sqlite3 --version; cd /usr/lib/*-linux-gnu; ./libc.so.6 | head -n 1; " +
        "grep -oE 'OpenSSL [0-9]+[.][0-9]+[.][0-9]+' libcrypto.so.3 | head -n 1; " +
        "grep -oE '20[0-9-]+ [0-9:]+ [0-9a-f]{60}' libsqlite3.so.0 | head -n 1",
    );
    const [mosquitto, sqlite = "", libc, openssl, library = "none"] = told.stdout.split("\n");
    expect(version("mosquitto")).toMatch(startsWith(/[\d.]+$/.exec(mosquitto ?? "")?.[0]));
    expect(version("sqlite3")).toMatch(startsWith(sqlite.split(" ")[0]));
    expect(version("libsqlite3-0")).toBe(version("sqlite3"));
    // Both name the day and the source that SQLite was made of.
    expect(sqlite).toContain(library.slice(0, 60));
    expect(libc).toContain(`(Debian GLIBC ${version("libc6")})`);
    expect(version("libssl3t64")).toMatch(startsWith(openssl?.replace("OpenSSL ", "")));
  });

  test("names the patches", async () => {
    const { components } = await readBill();
    expect(components[0]?.pedigree?.patches).toHaveLength(brokerPatches().length);
  });
});

describe("its tools", () => {
  test("mosquitto_passwd hashes a file in place, and a revision is swapped with one rename", async () => {
    const written = await inVolume(
      `mkdir /config/rev-1; cd /config/rev-1; umask 077; cat > passwd; mosquitto_passwd -U passwd
       printf 'user ann\\ntopic readwrite room/#\\n' > acl
       cd /config; ln -s rev-0 current; ln -s rev-1 next; mv -T next current; sync; readlink current; cat current/passwd`,
      `ann:${secret}\n`,
    );
    expect(written.stdout).toMatch(/^rev-1\nann:\$(argon2id|7)\$/);
    expect(written.stdout).not.toContain(secret);
    expect((await inVolume("cat > /config/rev-1/mosquitto.conf", CONF)).exitCode).toBe(0);
    const options = `-h 127.0.0.1\n-u ann\n--pw ${secret}\n`;
    expect((await inVolume("umask 077; cat > /config/rev-1/options", options)).exitCode).toBe(0);
  });

  test("the broker stands as 1883 without rights, on a read-only root, with both plugins and websockets", async () => {
    await docker([
      "run",
      "--detach",
      "--name",
      name,
      "--network=none",
      ...CONFINED,
      "--tmpfs=/mosquitto/data:uid=1883,gid=1883",
      "-v",
      `${name}:/config:ro`,
      image,
      "mosquitto",
      "-c",
      "/config/current/mosquitto.conf",
    ]);
    await expect
      .poll(async () => (await docker(["logs", name])).stderr, { timeout: 5_000 })
      .toMatch(/version 2\.\d+\.\d+ running/);
    const logs = (await docker(["logs", name])).stderr;
    expect(logs).toMatch(/Websockets support available[\s\S]*Opening ipv4 listen socket on port 8083/);
    expect(logs).not.toMatch(/error/i);
    expect((await inBroker("sh", "-c", "grep -E '^(Uid|CapEff)' /proc/1/status")).stdout).toMatch(
      /Uid:\s+1883.*\nCapEff:\s+0+$/,
    );
  });

  test("mosquitto_pub and mosquitto_sub take their options from a file", async () => {
    const publish = await inBroker(
      "mosquitto_pub",
      "-o",
      "/config/current/options",
      "-t",
      "room/a",
      "-m",
      "hello",
      "-q",
      "1",
      "-r",
    );
    expect(publish).toMatchObject({ stderr: "", exitCode: 0 });
    const told = await inBroker(
      "mosquitto_sub",
      "-o",
      "/config/current/options",
      "-t",
      "room/a",
      "-C",
      "1",
      "-W",
      "5",
    );
    expect(told).toMatchObject({ stdout: "hello", exitCode: 0 });
  });

  test("a log-in without a password is refused, over mqtt and websockets", async () => {
    for (const transport of [
      ["-p", "1883"],
      ["-p", "8083", "--ws"],
    ]) {
      const anonymous = await inBroker(
        "mosquitto_pub",
        "-h",
        "127.0.0.1",
        ...transport,
        "-t",
        "room/a",
        "-m",
        "x",
      );
      expect(`${anonymous.stderr}${anonymous.stdout}`).toMatch(/not authori[sz]ed/i);
      expect(anonymous.exitCode).not.toBe(0);
    }
    const known = await inBroker(
      "mosquitto_pub",
      "-o",
      "/config/current/options",
      "-p",
      "8083",
      "--ws",
      "-t",
      "room/a",
      "-m",
      "x",
    );
    expect(known).toMatchObject({ stderr: "", exitCode: 0 });
  });

  test("SIGHUP reloads the files", async () => {
    expect((await inBroker("kill", "-HUP", "1")).exitCode).toBe(0);
    await expect
      .poll(async () => (await docker(["logs", name])).stderr, { timeout: 5_000 })
      .toMatch(/Reloading config/);
  });
});
