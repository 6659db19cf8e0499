import { readFileSync } from "node:fs";
import { subset } from "semver";
import { describe, expect, it } from "vitest";
import { PLUGIN_NAMES, readVersions, versions } from "./versions.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

describe("the versions", () => {
  it("are those of package.json", () => {
    const { toolchain, dependencies } = JSON.parse(read("../package.json"));
    expect(versions.pulumi).toBe(toolchain.pulumi);
    expect(versions.mosquitto).toBe(toolchain.mosquitto);
    for (const name of PLUGIN_NAMES) expect(versions.plugins[name]).toBe(dependencies[`@pulumi/${name}`]);
  });

  it("are those of the plugins that the installed npm packages ask for", () => {
    for (const name of PLUGIN_NAMES) {
      const { pulumi } = JSON.parse(read(`../node_modules/@pulumi/${name}/package.json`));
      expect(pulumi).toMatchObject({ name, version: versions.plugins[name] });
    }
  });

  it("of the CLI are repeated by both Go modules", () => {
    expect(read("go/cli/go.mod")).toContain(`github.com/pulumi/pulumi/pkg/v3 v${versions.pulumi}`);
    for (const module of ["cli", "plugins"]) {
      expect(read(`go/${module}/go.mod`)).toContain(`github.com/pulumi/pulumi/sdk/v3 v${versions.pulumi}`);
    }
  });

  it("of what both Go modules use are the same, so that it is compiled once", () => {
    const required = (module: string) =>
      new Map(
        [...read(`go/${module}/go.mod`).matchAll(/^\t(\S+) (v\S+)/gm)].map(([, name, version]) => [
          name,
          version,
        ]),
      );
    const plugins = required("plugins");
    const shared = [...required("cli")].filter(([name]) => plugins.has(name));
    expect(shared.length).toBeGreaterThan(100);
    const different = shared.filter(([name, version]) => plugins.get(name) !== version).map(([name]) => name);
    // The CLI compiles with the old one only, the bridge with the new one only.
    expect(different).toEqual(["github.com/olekukonko/tablewriter"]);
  });

  it("of Node.js that package.json allows are taken by every package that is installed with it", () => {
    const allowed = JSON.parse(read("../package.json")).engines.node;
    const locked = Object.entries<{ optional?: boolean; engines?: { node?: string } }>(
      JSON.parse(read("../package-lock.json")).packages,
    );
    const asking = locked.filter(([, { optional, engines }]) => !optional && engines?.node !== undefined);
    expect(asking.length).toBeGreaterThan(100);
    const narrower = asking.filter(([, { engines }]) => !subset(allowed, engines?.node ?? ""));
    expect(narrower.map(([name, { engines }]) => `${name} asks for ${engines?.node}`)).toEqual([]);
  });

  it("must be exact, since a range is no version of a plugin", () => {
    const text = JSON.stringify({
      toolchain: { pulumi: "1.2.3", mosquitto: "2.1.2" },
      dependencies: { "@pulumi/docker": "^5.2.0" },
    });
    expect(() => readVersions(text)).toThrow('dependencies["@pulumi/docker"] in package.json is ^5.2.0');
    expect(() => readVersions("{}")).toThrow("missing");
  });

  it("can't be changed", () => {
    expect(Object.isFrozen(versions)).toBe(true);
    expect(Object.isFrozen(versions.plugins)).toBe(true);
  });
});
