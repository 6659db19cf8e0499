import { readFileSync } from "node:fs";

/** The versions that the toolchain brings in, each as three numbers. */
export interface Versions {
  /** The Pulumi CLI, and the Go SDK that goes with it. */
  readonly pulumi: string;
  readonly mosquitto: string;
  /** The resource plugins, by the name that Pulumi knows them under. */
  readonly plugins: Readonly<Record<PluginName, string>>;
}

export const PLUGIN_NAMES = Object.freeze(["docker", "random", "tls"] as const);
export type PluginName = (typeof PLUGIN_NAMES)[number];

/**
 * Reads the versions from the text of package.json, the one place where they are written: `toolchain` names
 * the CLI and the broker, and a plugin has the version of the npm package `@pulumi/NAME` in `dependencies`.
 *
 * @throws Error if one is missing or is a range, since a plugin must have exactly its package's version.
 */
export function readVersions(packageJson: string): Versions {
  const { toolchain = {}, dependencies = {} } = JSON.parse(packageJson) as Record<
    string,
    Record<string, string>
  >;
  const plugin = (name: PluginName) =>
    exact(`dependencies["@pulumi/${name}"]`, dependencies[`@pulumi/${name}`]);
  return Object.freeze({
    pulumi: exact("toolchain.pulumi", toolchain.pulumi),
    mosquitto: exact("toolchain.mosquitto", toolchain.mosquitto),
    plugins: Object.freeze({ docker: plugin("docker"), random: plugin("random"), tls: plugin("tls") }),
  });
}

function exact(place: string, version: string | undefined): string {
  if (version !== undefined && /^\d+\.\d+\.\d+$/.test(version)) return version;
  throw new Error(
    `${place} in package.json is ${version ?? "missing"}, where three numbers such as 1.2.3 are needed.`,
  );
}

export const versions: Versions = readVersions(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
);
