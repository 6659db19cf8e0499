import { createHash } from "node:crypto";
import { request } from "node:https";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { issue } from "../mosquitto/trial-certificate.ts";
import { prepareDockerEngine } from "../toolchain/docker-engine.ts";
import { prepareConsoleImage } from "../toolchain/images/console-image.ts";
import { createProgress } from "../toolchain/progress.ts";
import { type ConsoleInput, renderConsole } from "./console.ts";
import { ConsoleContainer } from "./console-container.ts";
import { readPageAssets } from "./page-assets.ts";
import { sealAccess } from "./sealed-access.ts";

const authority = issue({ name: "console authority", authority: true, usage: 0x06 });
const server = issue({ name: "console", issuer: authority, names: ["localhost"] });
const account = { account: "ann", password: "p".repeat(40), rules: [], listeners: [] };
const input: ConsoleInput = {
  assets: readPageAssets(),
  stack: "server-test",
  brokerUrl: "wss://localhost:8884",
  tlsOnly: true,
  accounts: [account],
  certificate: server.pem,
  key: server.keyPem,
};
const revision = renderConsole(input);
let container: ConsoleContainer;
let port: number;

beforeAll(async () => {
  const progress = createProgress();
  const engine = await prepareDockerEngine({ install: true, progress });
  container = new ConsoleContainer(await prepareConsoleImage({ install: true, engine, progress }));
  port = await container.start(revision);
});

afterAll(() => container.remove());

describe("the console's server", () => {
  test("serves the page with all its headers, over TLS that the authority vouches for", async () => {
    const { status, headers } = await get("/");
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": expect.stringMatching(
        /^default-src 'none'; .*connect-src 'self' wss:\/\/localhost:8884;.* frame-ancestors 'none'/,
      ),
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cache-control": "no-store",
      server: "nginx",
    });
  });

  test("lets nobody keep the config and the sealed files, and everybody the files named by content", async () => {
    const sealed = `/access/${sealAccess(account).name}`;
    for (const path of ["/config.json", sealed]) {
      const { status, headers } = await get(path);
      expect([path, status, headers["cache-control"]]).toEqual([path, 200, "no-store"]);
      expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    }
    for (const end of [".js", ".css"]) {
      const name = revision.files.find((file) => file.name.endsWith(end))?.name.replace("page/", "/") ?? "";
      const { status, headers } = await get(name);
      expect([status, headers["cache-control"]]).toEqual([200, "public, max-age=31536000, immutable"]);
      expect(headers["x-content-type-options"]).toBe("nosniff");
    }
  });

  test.each([
    "/server.key",
    "/../server.key",
    "/%2e%2e/server.key",
    "/nginx.conf",
    "/access/",
    "/access",
    "/x",
  ])("has nothing at %s, and says so with the same headers", async (path) => {
    const { status, headers, body } = await get(path);
    expect(status === 404 || status === 400, `${status}`).toBe(true);
    if (status === 404) expect(headers["content-security-policy"]).toMatch(/^default-src 'none'/);
    expect(body).not.toContain("PRIVATE KEY");
  });

  test("answers a question for an account that is there as one for an account that is not", async () => {
    const named = ["ann", "bob"].map((name) => createHash("sha256").update(name).digest("hex"));
    const guessed = ["ann", "bob"].map(
      (name) => sealAccess({ ...account, account: name, password: "guess" }).name,
    );
    const answers = await Promise.all(
      [...named.map((name) => `${name}.json`), ...guessed].map((name) => get(`/access/${name}`)),
    );
    const told = answers.map(({ status, headers: { date: _, ...headers }, body }) => ({
      status,
      headers,
      servername: "localhost",
      body,
    }));
    expect(told[0]?.status).toBe(404);
    for (const answer of told) expect(answer).toEqual(told[0]);
  });

  test("tells browsers to use TLS alone, but not on localhost, where it would be for all other programs", async () => {
    const told = async (host: string, path = "/") =>
      (await get(path, "GET", { host })).headers["strict-transport-security"];
    expect(await told("broker.example:8443")).toBe("max-age=31536000");
    expect(await told("broker.example", "/none")).toBe("max-age=31536000");
    for (const host of ["localhost", "localhost:8443", "LOCALHOST", "dev.localhost"]) {
      expect([host, await told(host)]).toEqual([host, undefined]);
    }
  });

  test("takes no method but GET and HEAD", async () => {
    expect((await get("/", "POST")).status).toBe(405);
    expect((await get("/", "PUT")).status).toBe(405);
    expect((await get("/", "HEAD")).status).toBe(200);
  });

  test("runs as a user of its own without rights, on a root that can't be written", async () => {
    const status = await container.inside(
      "sh",
      "-c",
      "cat /proc/1/status; touch /x /console/x 2>&1; ls -la /console/current/",
    );
    expect(status).toMatch(/Uid:\t1884\t1884/);
    expect(status).toMatch(/CapEff:\t0{16}\n/);
    expect(status).toMatch(/NoNewPrivs:\t1/);
    expect(status.match(/Read-only file system/g)).toHaveLength(2);
    expect(status).toMatch(/-rw------- .* server\.key/);
  });

  test("is healthy by the engine's check, and logs nothing", async () => {
    await expect.poll(() => container.health(), { timeout: 20_000 }).toBe("healthy");
    expect(await container.log()).toBe("");
  });
});

describe("new files", () => {
  test("that the server would refuse are not put in force", async () => {
    const other = issue({ name: "other", names: ["localhost"] });
    const broken = renderConsole({ ...input, key: other.keyPem });
    await expect(container.publish(broken)).rejects.toThrow(/key values mismatch/);
    await expect(container.reload(revision)).resolves.toBeUndefined();
    expect((await get("/healthz")).body).toBe(revision.id);
  });

  test("are all that is answered once a reload has ended, though former workers take requests for a moment", async () => {
    for (const name of ["first", "second", "third"]) {
      const next = renderConsole({ ...input, stack: name });
      await container.publish(next);
      expect(new Set(await container.reloadAndAsk(next, 30))).toEqual(new Set([next.id]));
    }
  });

  test("are taken over by a reload, the certificate included", async () => {
    const renewed = issue({ name: "renewed", issuer: authority, names: ["localhost"] });
    const next = renderConsole({
      ...input,
      stack: "renamed",
      accounts: [],
      certificate: renewed.pem,
      key: renewed.keyPem,
    });
    await container.publish(next);
    await container.reload(next);
    const config = await get("/config.json");
    expect(JSON.parse(config.body)).toEqual({ stack: "renamed", broker: "wss://localhost:8884" });
    expect(config.subject).toBe("renewed");
    expect((await get(`/access/${sealAccess(account).name}`)).status).toBe(404);
  });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** The common name in the server's certificate. */
  readonly subject: string;
}

function get(path: string, method = "GET", headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      host: "localhost",
      port,
      path,
      method,
      headers,
      servername: "localhost",
      ca: authority.pem,
      agent: false,
      timeout: 10_000,
    };
    const asked = request(options, (response) => {
      const socket = response.socket as import("node:tls").TLSSocket;
      const subject = String(socket.getPeerCertificate().subject.CN);
      let body = "";
      response.setEncoding("utf8").on("data", (text) => {
        body += text;
      });
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, subject });
      });
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer within 10 s")));
    asked.on("error", reject).end();
  });
}
