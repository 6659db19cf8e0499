import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dockerCommand } from "../docker.ts";
import { brokerImage } from "./broker/recipe.ts";
import { buildDebianImage } from "./debian-image.ts";
import { findDebianArchive } from "./debian-packages.ts";

/** Made anew, so that what is tested is what the recipe makes, not what an engine happens to hold. */
let image: string;
let layers: string;
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

async function buildImage(): Promise<{ reference: string; layers: string }> {
  const reference = await buildDebianImage(
    { ...brokerImage(), name },
    await findDebianArchive(),
    () => undefined,
  );
  const [details] = JSON.parse((await docker(["image", "inspect", reference])).stdout);
  images.push(details.Id);
  return { reference, layers: JSON.stringify(details.RootFS.Layers) };
}

beforeAll(async () => {
  ({ reference: image, layers } = await buildImage());
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
}, 120_000);

afterAll(async () => {
  await docker(["rm", "--force", "--volumes", name]);
  await docker(["volume", "rm", "--force", name]);
  // By id: the image that the second build took the tag from has none any more.
  await docker(["image", "rm", "--force", ...images]);
});

describe("the image built from Debian packages", () => {
  test("is at most 30 MB, opens nothing by itself and has no variable, port or volume", async () => {
    const [details] = JSON.parse((await docker(["image", "inspect", image])).stdout);
    expect(details.Size).toBeLessThan(30e6);
    expect(details.Config.Cmd ?? []).toEqual([]);
    expect(details.Config.Entrypoint ?? []).toEqual([]);
    expect(details.Config.ExposedPorts ?? {}).toEqual({});
    expect(details.Config.Volumes ?? {}).toEqual({});
    expect(details.Config.Labels["naboom-mqtt.packages"]).toContain(" mosquitto=2.");
    const run = await docker(["run", "--rm", image]);
    expect(run.exitCode).not.toBe(0);
    expect(run.stderr).toMatch(/no command specified/i);
  });

  test("comes out the same, byte for byte, when built again", async () => {
    expect((await buildImage()).layers).toBe(layers);
  }, 120_000);

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
        "/usr/bin/mosquitto_passwd /usr/bin/mosquitto_signal /usr/lib/mosquitto_acl_file.so /usr/lib/mosquitto_password_file.so",
    );
    expect(told.stderr).toBe("");
    expect(told.stdout).toMatch(
      /^1883\n1883\n(1883:1883 755 \/mosquitto\/\w+\n){3}\/usr\/bin\/mosquitto_passwd/,
    );
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
