import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Connection } from "./connection.ts";
import { djangoFolder, environmentPathFault } from "./environment.ts";
import { kitFileNames, renderKit } from "./kit.ts";
import { chooseListener, kitKinds } from "./kit-kind.ts";
import { digestOf, markerFile, readMarker } from "./kit-marker.ts";
import { mqttJsVersion } from "./mqttjs.ts";
import { pythonPackages } from "./python.ts";

const listener = { host: "localhost", port: 8883, tls: true, clientCertificates: "none" } as const;

const connection: Connection = {
  ...listener,
  ...{ url: "mqtts://localhost:8883", listener: "mqtts", user: "web", username: "web-b", clientId: "web-1" },
  password: "very-secret",
  publisher: { clientId: "web-1-publisher", username: "web-b", password: "very-secret" },
  listeners: { mqtts: { url: "mqtts://localhost:8883", ...listener } },
  authority: "-----BEGIN CERTIFICATE-----\n",
  keepalive: 60,
  ...{ subscribe: "it's/#", publish: "it's/test" },
};
const withCertificate: Connection = {
  ...connection,
  clientCertificate: { certificate: "the certificate", key: "the key" },
};

/** The text of one of a kit's files. */
function file(kit: ReturnType<typeof renderKit>, name: string): string {
  return kit.files.find((found) => found.name === name)?.content ?? `there is no ${name}`;
}

describe("a kit", () => {
  it.each(kitKinds)(
    "for %s has the CA, keeps itself out of Git, and has no name beyond the known ones",
    (kind) => {
      const { files } = renderKit(kind, withCertificate, "/kits/web");
      const names = files.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      expect(names.filter((name) => !kitFileNames.has(name))).toEqual([markerFile]);
      expect(names).toEqual(expect.arrayContaining(["ca.crt", "client.crt", "client.key", ".gitignore"]));
    },
  );

  it.each(kitKinds)("for %s has a marker of every file as it is written", (kind) => {
    const kit = renderKit(kind, withCertificate, "/kits/web");
    const written = kit.files.filter(({ name }) => name !== markerFile);
    const digests = written.map(({ name, content }) => [name, digestOf(content)]);
    expect(readMarker(file(kit, markerFile))).toEqual(Object.fromEntries(digests));
    expect(file(kit, markerFile)).not.toMatch(/very-secret|the key/);
  });

  it.each(kitKinds)("for %s has the password in files of settings alone, and in no command", (kind) => {
    const kit = renderKit(kind, connection, "/kits/web");
    const places = kit.files.filter(({ content }) => content.includes("very-secret"));
    expect(places.length).toBeGreaterThan(0);
    for (const { name } of places) expect(name).toMatch(/^(connection\.json|mqtt\.env|mosquitto_(sub|pub))$/);
    expect(JSON.stringify(kit.steps)).not.toContain("very-secret");
  });

  it.each(["aiomqtt", "paho", "mqttjs", "mosquitto", "json"] as const)(
    "for %s has no password where the certificate is the identity",
    (kind) => {
      const identity: Connection = { ...withCertificate, clientCertificates: "identity" };
      expect(JSON.stringify(renderKit(kind, identity, "/kits/web"))).not.toContain("very-secret");
    },
  );

  it("for mosquitto has the script and the options for what the user may do, and no others", () => {
    const names = (topics: Partial<Connection>) => {
      const { subscribe, publish, ...others } = connection;
      const kit = renderKit("mosquitto", { ...others, ...topics }, "/kits/web");
      return [kit.files.map(({ name }) => name).filter((name) => /mosq|sh$/.test(name)), kit.steps.length];
    };
    expect(names({ subscribe: "a" })).toEqual([["subscribe.sh", "mosquitto_sub"], 1]);
    expect(names({ publish: "a" })).toEqual([["publish.sh", "mosquitto_pub"], 1]);
    expect(names({ subscribe: "a", publish: "a" })[1]).toBe(2);
    expect(names({})).toEqual([[], 0]);
  });

  it("for django has steps for the example's folder, which its README has too", () => {
    const { steps, stepsFolder } = renderKit("django", connection, "/it's/web");
    expect(stepsFolder).toBe(djangoFolder);
    const commands = steps.map(([command]) => command);
    expect(commands).toContain("export MQTT_ENV_FILE='/it'\\''s/web/mqtt.env'");
    const readme = readFileSync(join(djangoFolder, "README.md"), "utf8").split("\n");
    expect(readme).toContain("npm run client -- naboom-mqtt --for django");
    const same = commands.filter((command) => !command.startsWith("export "));
    expect(readme).toEqual(expect.arrayContaining(same));
  });

  it("has a quote in a topic as the shell takes it", () => {
    const kit = renderKit("mosquitto", connection, "/kits/web");
    expect(file(kit, "subscribe.sh")).toContain("filter='it'\\''s/#'\n");
  });
});

describe("an environment", () => {
  it("has the reference document's variables and the CA, with an absolute path", () => {
    expect(file(renderKit("env", connection, "/my kits/web"), "mqtt.env")).toBe(
      [
        "MQTT_HOST=localhost",
        "# MQTT_PORT: web may not log in on mqtt",
        "MQTT_SSL_PORT=8883",
        "MQTT_USERNAME=web-b",
        "MQTT_PASSWORD=very-secret",
        "MQTT_CLIENT_ID=web-1",
        "MQTT_KEEPALIVE=60",
        "MQTT_USE_SSL=true",
        "MQTT_CA_FILE='/my kits/web/ca.crt'",
        "",
      ].join("\n"),
    );
  });

  it("for Django has paths from its own folder, as the example takes them", () => {
    expect(file(renderKit("django", connection, "/kits/web"), "mqtt.env")).toContain("MQTT_CA_FILE=ca.crt\n");
  });

  it.each(["a'b", "a\nb", "a$b", "a\\b", "a`b"])("can't hold the path %j", (path) => {
    expect(environmentPathFault(`/${path}`)).toContain("can't hold a path");
    expect(environmentPathFault("/home/a b/ü")).toBeUndefined();
  });
});

describe("a kit's listener", () => {
  it("is the one with TLS where there is a choice, and none where none will do", () => {
    expect(chooseListener("paho", ["mqtt", "mqtts", "ws", "wss"])).toBe("mqtts");
    expect(chooseListener("mqttjs", ["mqtt", "mqtts", "ws", "wss"])).toBe("wss");
    expect(chooseListener("aiomqtt", ["mqtt", "wss"])).toBe("mqtt");
    expect(chooseListener("aiomqtt", ["ws", "wss"])).toBeUndefined();
    expect(chooseListener("mqttjs", ["mqtt", "mqtts"])).toBeUndefined();
  });
});

describe("the packages that a snippet asks for", () => {
  it("are those that it is tested with", () => {
    const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
    const { dependencies } = JSON.parse(read("../package.json"));
    expect(dependencies.mqtt).toBe(mqttJsVersion);
    const pinned = read("../examples/django/requirements.txt").split("\n");
    for (const name of Object.values(pythonPackages)) expect(pinned).toContain(`${name} \\`);
  });
});
