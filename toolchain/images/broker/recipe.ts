import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { builtImageName } from "../../../mosquitto/image.ts";
import { projectFolder } from "../../project.ts";
import type { DebianImage } from "../debian-image.ts";
import type { Patch } from "../source-build.ts";

/**
 * What the broker's image holds. Paths, user and group are those of the official eclipse-mosquitto image,
 * so that one configuration serves both.
 */
export const RECIPE = Object.freeze({
  /** To be raised whenever the code beside this file would make another image of the same data. */
  revision: 2,
  /** The first Debian release with Mosquitto 2.1 and its built-in websockets. */
  suite: "forky",
  /** The oldest and the first too new Mosquitto. */
  floor: "2.1.2",
  ceiling: "3",
  /** Debian's source package that the broker, its clients and its plugins are compiled from. */
  source: "mosquitto",
  /** What is compiled with, and the programs of the image that aren't compiled here. */
  packages: [
    "busybox-static",
    "dash",
    "gcc",
    "libc6-dev",
    "libcjson-dev",
    "libsqlite3-dev",
    "libssl-dev",
    "make",
    "patch",
    "sqlite3",
  ],
  /** What Mosquitto's own source has copies of, and compiles in. */
  bundled: ["picohttpparser", "uthash"],
  /** Commands of busybox that compiling takes. */
  compilerApplets:
    "cat cp cut echo env expr false grep head ln ls mkdir mv nproc printf rm sed tail tar test touch true uname xzcat zcat".split(
      " ",
    ),
  programs: [
    "usr/sbin/mosquitto",
    "usr/bin/mosquitto_db_dump",
    "usr/bin/mosquitto_passwd",
    "usr/bin/mosquitto_pub",
    "usr/bin/mosquitto_rr",
    "usr/bin/mosquitto_signal",
    "usr/bin/mosquitto_sub",
    "usr/bin/sqlite3",
  ],
  /** Found in Debian's plugin folder, laid into /usr/lib. */
  plugins: ["mosquitto_acl_file.so", "mosquitto_password_file.so", "mosquitto_persist_sqlite.so"],
  /** Commands of busybox; no network client, no editor, nothing that changes user but su. */
  applets: (
    "[ awk basename cat chmod chown cmp cp cut date df diff dirname du echo env expr false find grep head " +
    "id kill ln ls mkdir mktemp mv pidof printf ps pwd readlink realpath rm rmdir sed seq sh sha256sum sleep " +
    "sort stat su sync tail tee test timeout touch tr true uname uniq wc which xargs"
  ).split(" "),
  folders: { "/dev": 0o755, "/proc": 0o755, "/root": 0o700, "/run": 0o755, "/sys": 0o755, "/tmp": 0o1777 },
  /** Owned by user and group 1883. */
  brokerFolders: ["/mosquitto", "/mosquitto/config", "/mosquitto/data", "/mosquitto/log"],
  brokerId: 1883,
  files: {
    "/etc/passwd":
      "root:x:0:0:root:/root:/bin/sh\nmosquitto:x:1883:1883:mosquitto:/mosquitto:/usr/sbin/nologin\n",
    "/etc/group": "root:x:0:\nmosquitto:x:1883:\n",
  },
});

const folder = join(projectFolder, "toolchain/images/broker");

/** This project's changes to Mosquitto, in the order in which they are applied. */
export function brokerPatches(): readonly Patch[] {
  const names = readdirSync(join(folder, "patches")).filter((name) => name.endsWith(".patch"));
  return names.sort().map((name) => ({ name, text: readFileSync(join(folder, "patches", name), "utf8") }));
}

/** How a broker's image differs from the usual one, for tests. */
export interface BrokerVariant {
  /** Compiled with AddressSanitizer and UndefinedBehaviorSanitizer. @default false */
  readonly sanitizer?: boolean;
  /** @default those of this project; none is the broker as Debian has it */
  readonly patches?: readonly Patch[];
}

/** The first 12 hexadecimal digits of a recipe's SHA-256; another recipe has another image. */
export function recipeHash(recipe: object): string {
  return createHash("sha256").update(JSON.stringify(recipe)).digest("hex").slice(0, 12);
}

/** The broker's image as it is made of Debian's source and packages; variants have names of their own. */
export function brokerImage({ sanitizer = false, patches }: BrokerVariant = {}): DebianImage {
  const source = {
    package: RECIPE.source,
    program: "Mosquitto",
    applets: RECIPE.compilerApplets,
    bundled: RECIPE.bundled,
    script: readFileSync(join(folder, "compile.sh"), "utf8"),
    patches: patches ?? brokerPatches(),
    environment: { SANITIZER: sanitizer ? "yes" : "no" },
  };
  const variant = [patches === undefined ? "" : "-variant", sanitizer ? "-sanitizer" : ""].join("");
  return Object.freeze({
    name: `${builtImageName}${variant}`,
    program: "Mosquitto",
    package: "mosquitto",
    owner: RECIPE.brokerId,
    recipe: recipeHash({ ...RECIPE, source }),
    suite: RECIPE.suite,
    packages: RECIPE.packages,
    source,
    contents: {
      ...RECIPE,
      modules: { folder: "mosquitto", names: RECIPE.plugins },
      ownedFolders: RECIPE.brokerFolders,
    },
    versionCommand: ["mosquitto", "-h"],
    versionPattern: /mosquitto version (\d+\.\d+\.\d+)/,
    floor: RECIPE.floor,
    ceiling: RECIPE.ceiling,
  });
}
