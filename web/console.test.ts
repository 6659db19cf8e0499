import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { renderConsole } from "./console.ts";
import { contentSecurityPolicy } from "./content-security-policy.ts";
import { readPageAssets } from "./page-assets.ts";

const assets = readPageAssets();
const password = "p".repeat(40);
const input = {
  assets,
  stack: "dev",
  tlsOnly: true,
  brokerUrl: "wss://localhost:8884",
  accounts: [
    { account: "ann", password, rules: [{ access: "read" as const, filter: "secret/#" }], listeners: [] },
  ],
  certificate: "CERTIFICATE\n",
  key: "KEY\n",
};
const rendered = renderConsole(input);

function content(pattern: RegExp, { files } = rendered): string {
  return files.find(({ name }) => pattern.test(name))?.content ?? "";
}

describe("a console's files", () => {
  test("tell browsers to use TLS alone, unless ws is offered to other machines without it", () => {
    expect(content(/nginx\.conf$/)).toContain('default "max-age=31536000";');
    expect(content(/nginx\.conf$/, renderConsole({ ...input, tlsOnly: false }))).toContain('default "";');
  });

  test("come out the same for the same input", () => {
    expect(renderConsole(input)).toEqual(rendered);
  });

  test.each([
    ["stack", { stack: "other" }],
    ["broker", { brokerUrl: "wss://localhost:9999" }],
    ["certificate", { certificate: "OTHER\n" }],
    ["rights", { accounts: [] }],
  ])("have another id for another %s", (_, change) => {
    expect(renderConsole({ ...input, ...change }).id).not.toBe(rendered.id);
  });

  test("tell neither password nor rights, and the key is for the server alone", () => {
    const fetched = rendered.files.filter(({ name }) => name.startsWith("page/"));
    const telling = fetched.filter(({ content }) => /secret\/#|p{40}|^KEY$/m.test(content));
    expect(telling.map(({ name }) => name)).toEqual([]);
    const closed = rendered.files.filter(({ permissions }) => permissions === "0600");
    expect(closed.map(({ name }) => name)).toEqual(["server.key"]);
  });

  test("fit together: the page names its script and its style", () => {
    const html = content(/index\.html$/);
    for (const name of [/console-\w+\.js$/, /console-\w+\.css$/]) {
      const file = rendered.files.find((file) => name.test(file.name))?.name.replace("page/", "");
      expect(html).toContain(`"${file}"`);
    }
    expect(html).not.toContain("{{");
  });

  test("have the health page tell their id", () => {
    expect(content(/nginx\.conf$/)).toContain(`return 200 "${rendered.id}"`);
  });
});

describe("the page", () => {
  test("has no script, style or address in its markup that the policy would refuse", () => {
    expect(assets.html).not.toMatch(/<script(?![^>]*src=)|<style|style=|\son\w+=|https?:/);
    expect(assets.style).not.toMatch(/url\(|@import/);
  });

  // What MQTT.js holds of them is never called here; the browser's test sees that nothing is stored.
  test("has no word of storage in its own sources, and makes no code of text", () => {
    const folder = new URL("page/", import.meta.url);
    const sources = readdirSync(folder).filter((name) => name.endsWith(".ts"));
    const storing = /localStorage|sessionStorage|indexedDB|document\.cookie|innerHTML/;
    expect(sources.filter((name) => storing.test(readFileSync(new URL(name, folder), "utf8")))).toEqual([]);
    expect(/\beval\(|new Function\b/.test(assets.script)).toBe(false);
  });
});

describe("the policy", () => {
  test("allows the page's own files and one broker, and nothing by default", () => {
    const policy = contentSecurityPolicy("wss://mqtt.example:8884/mqtt").split("; ");
    expect(policy[0]).toBe("default-src 'none'");
    expect(policy).toContain("connect-src 'self' wss://mqtt.example:8884");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy.join()).not.toMatch(/unsafe|\*|data:|blob:|http/);
  });

  test("names the scheme alone for an IPv6 address, which it has no form for", () => {
    expect(contentSecurityPolicy("wss://[::1]:8884")).toContain("connect-src 'self' wss:;");
  });
});
