import { createHash } from "node:crypto";
import { builtImageName } from "../../../mosquitto/image.ts";
import type { DebianImage } from "../debian-image.ts";

/**
 * What the broker image made of Debian packages holds. Paths, user and group are those of the official
 * eclipse-mosquitto image, so that one configuration serves both.
 */
export const RECIPE = Object.freeze({
  /** To be raised whenever the code beside this file would make another image of the same data. */
  revision: 1,
  /** The first Debian release with Mosquitto 2.1 and its built-in websockets. */
  suite: "forky",
  /** The oldest and the first too new Mosquitto. */
  floor: "2.1.2",
  ceiling: "3",
  /** systemd-standalone-sysusers only keeps apt from choosing all of systemd for a dependency. */
  packages: ["mosquitto", "mosquitto-clients", "busybox-static", "systemd-standalone-sysusers"],
  programs: [
    "usr/sbin/mosquitto",
    "usr/bin/mosquitto_passwd",
    "usr/bin/mosquitto_pub",
    "usr/bin/mosquitto_rr",
    "usr/bin/mosquitto_signal",
    "usr/bin/mosquitto_sub",
  ],
  /** Found in Debian's plugin folder, laid into /usr/lib. */
  plugins: ["mosquitto_acl_file.so", "mosquitto_password_file.so"],
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

/** The first 12 hexadecimal digits of a recipe's SHA-256; another recipe has another image. */
export function recipeHash(recipe: object = RECIPE): string {
  return createHash("sha256").update(JSON.stringify(recipe)).digest("hex").slice(0, 12);
}

/** The broker's image as it is made of Debian packages. */
export const brokerImage: DebianImage = Object.freeze({
  name: builtImageName,
  program: "Mosquitto",
  package: "mosquitto",
  owner: RECIPE.brokerId,
  recipe: recipeHash(),
  suite: RECIPE.suite,
  packages: RECIPE.packages,
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
