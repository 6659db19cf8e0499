import { describe, expect, test } from "vitest";
import { officialImage } from "../../mosquitto/image.ts";
import { brokerImage, brokerPatches, RECIPE, recipeHash } from "./broker/recipe.ts";
import { chooseLocal, noImage } from "./broker-image.ts";
import { noConsoleImage } from "./console-image.ts";
import {
  checkArchitecture,
  checkVersion,
  explainBuild,
  imageLabels,
  imageReference,
} from "./debian-image.ts";
import { explainPull } from "./pull.ts";
import { readLibraries } from "./root-folder.ts";
import { explainCompiling } from "./source-build.ts";

describe("the image that is used", () => {
  const built = imageReference(brokerImage(), "2.1.2", "01234567");

  test("is the one built earlier, even if the official one is here as well", () => {
    expect(chooseLocal({ built, official: true })).toMatchObject({ reference: built, how: "found" });
  });

  test("is the official one, if only that is here", () => {
    expect(chooseLocal({ built: undefined, official: true })?.reference).toBe(officialImage);
  });

  test("is not kept, if it is the official one and another can be built", () => {
    expect(chooseLocal({ built: undefined, official: true })?.built).toBe(false);
    expect(chooseLocal({ built, official: true })?.built).toBe(true);
  });

  test("has to be fetched or built, if none is here", () => {
    expect(chooseLocal({ built: undefined, official: false })).toBeUndefined();
  });

  test("is pinned by digest, if it is the official one", () => {
    expect(officialImage).toMatch(/:2\.1\.2-alpine@sha256:[0-9a-f]{64}$/);
  });
});

describe("the recipe", () => {
  const recipe = (variant = {}) => brokerImage(variant).recipe;

  test("names the image by version, recipe and contents", () => {
    const image = { ...brokerImage(), name: "a/b", recipe: "0123456789ab" };
    expect(imageReference(image, "2.1.3", "cdef0123")).toBe("a/b:2.1.3-debian-0123456789ab-cdef0123");
    expect(recipe()).toMatch(/^[0-9a-f]{12}$/);
  });

  test("names the image after this project, and a variant otherwise, so that no stack takes that", () => {
    expect(brokerImage().name).toBe("naboom-mqtt/mosquitto");
    expect(brokerImage({ sanitizer: true }).name).toBe("naboom-mqtt/mosquitto-sanitizer");
    expect(brokerImage({ patches: [] }).name).toBe("naboom-mqtt/mosquitto-variant");
  });

  test("has another hash as soon as anything in it changes", () => {
    expect(recipeHash({ ...RECIPE, applets: [...RECIPE.applets, "vi"] })).not.toBe(recipeHash(RECIPE));
    expect(recipe({ sanitizer: true })).not.toBe(recipe());
  });

  test("has another hash with another text of a patch, or another order", () => {
    const [one, other] = [
      { name: "1.patch", text: "a" },
      { name: "2.patch", text: "b" },
    ];
    const hashes = [
      recipe({ patches: [one, other] }),
      recipe({ patches: [other, one] }),
      recipe({ patches: [one] }),
      recipe({ patches: [{ ...one, text: "c" }] }),
    ];
    expect(new Set(hashes).size).toBe(4);
  });

  test("keeps user and group 1883 in all the places that name them", () => {
    expect(RECIPE.files["/etc/passwd"]).toContain(`mosquitto:x:${RECIPE.brokerId}:${RECIPE.brokerId}:`);
    expect(RECIPE.files["/etc/group"]).toContain(`mosquitto:x:${RECIPE.brokerId}:`);
  });
});

describe("the version of a new image's broker", () => {
  test.each(["2.1.2", "2.1.3", "2.2.0"])("%s is taken", (version) => {
    expect(checkVersion(brokerImage(), `mosquitto version ${version}\n\nUsage`)).toBe(version);
  });

  test.each(["2.0.21", "2.1.1", "3.0.0"])("%s is refused", (version) => {
    expect(() => checkVersion(brokerImage(), `mosquitto version ${version}`)).toThrow(
      /2\.1\.2 or newer is needed, below 3/,
    );
  });

  test("has to be told at all", () => {
    expect(() => checkVersion(brokerImage(), "error while loading shared libraries")).toThrow(
      /does not run: error while/,
    );
  });
});

test("libraries are read from the loader's list, without the kernel's own", () => {
  const listed = [
    "\tlinux-vdso.so.1 (0x00007fddd5e4c000)",
    "\tlibssl.so.3 => /t/usr/lib/a/libssl.so.3 (0x00007fddd5600000)",
    "\t/t/usr/lib/a/ld-linux-x86-64.so.2 (0x00007fddd5e4e000)",
  ];
  expect(readLibraries(listed.join("\n"))).toEqual(["/t/usr/lib/a/libssl.so.3"]);
});

test("labels name the packages that are in the image, its date, compiler and patches", () => {
  const patches = [
    { name: "0001-a.patch", text: "" },
    { name: "0002-b.patch", text: "" },
  ];
  const labels = imageLabels(brokerImage(), {
    versions: new Map([
      ["mosquitto", "2.1.2-3"],
      ["libc6", "2.43-7"],
    ]),
    date: Date.UTC(2026, 1, 3),
    compiled: { package: "mosquitto", version: "2.1.2-3", date: 0, bundled: [], patches },
    compiler: "gcc-16=16.2.0-3",
  });
  expect(labels).toMatchObject({
    "org.opencontainers.image.version": "2.1.2-3",
    "naboom-mqtt.packages": "libc6=2.43-7 mosquitto=2.1.2-3",
    "naboom-mqtt.date": "2026-02-03T00:00:00.000Z",
    "naboom-mqtt.compiler": "gcc-16=16.2.0-3",
    "naboom-mqtt.patches": "0001-a.patch 0002-b.patch",
  });
});

test.each(brokerPatches())(
  "the patch $name says what it fixes and since which version it is not needed",
  ({ name, text }) => {
    expect(name).toMatch(/^\d{4}-[a-z0-9-]+\.patch$/);
    expect(text).toMatch(/^Fixes: \S[\s\S]*^Not needed since: \S[\s\S]*^--- a\//m);
  },
);

describe("a source that can't be compiled", () => {
  const explain = (printed: string) =>
    explainCompiling({ program: "Mosquitto" }, { version: "2.1.3-1" }, printed);

  test("for a patch is told by the patch's name and the source's version", () => {
    const printed =
      "applying the patches\n1 out of 1 hunk FAILED\npatch-failed: /build/patches/0001-a.patch\n";
    expect(explain(printed)).toBe(
      "the patch 0001-a.patch does not apply to Debian's Mosquitto 2.1.3-1, which may be newer than the patch; " +
        "a newer version of this project may have it fitted: `git pull`",
    );
  });

  test("for a patch of Debian's is told as such", () => {
    expect(explain("patch-failed: debian/patches/x.patch")).toBe(
      "debian/patches/x.patch of Debian's own Mosquitto 2.1.3-1 does not apply to it",
    );
  });

  test("for an error of the compiler is told by that", () => {
    expect(
      explain("compiling src\nconf.c:1:2: error: expected ';'\nmake: *** [Makefile:3: conf.o] Error 1"),
    ).toBe("compiling Mosquitto 2.1.3-1 failed: conf.c:1:2: error: expected ';'");
  });
});

describe("failures are parts of one sentence", () => {
  test("an unreachable registry", () => {
    expect(explainPull("Error response from daemon: dial tcp: lookup r on 1.2.3.4:53: no such host")).toBe(
      "no registry can be reached",
    );
  });

  test("a registry that refuses, in its own words", () => {
    expect(explainPull("Error response from daemon: manifest unknown.\n")).toBe("manifest unknown");
  });

  test("a full disk while building", () => {
    expect(String(explainBuild(new Error("write ENOSPC"), "/c"))).toMatch(
      /no space left.*\/c \(NABOOM_MQTT_CACHE/,
    );
  });

  test("no way left names both reasons and the way out", () => {
    const { message } = noImage("no registry can be reached", "apt on this machine knows no Debian mirror");
    expect(message).toMatch(
      /\(apt on this.*\).*\(no registry can be reached\).*npm run pulumi -- config set naboom-mqtt:image NAME:TAG/,
    );
  });

  test("no image at all is mended in the config of the stack that it is for", () => {
    const pulumi = "npm run pulumi -- --stack prod";
    expect(noImage("a", "b", pulumi).message).toContain(
      `\`${pulumi} config set naboom-mqtt:image NAME:TAG\``,
    );
    const { message } = noConsoleImage("b", pulumi);
    expect(message).toContain(`\`${pulumi} config set --path naboom-mqtt:console.image NAME:TAG\``);
    expect(message).toContain(`or do without: \`${pulumi} config rm naboom-mqtt:console\``);
  });

  test("an engine of another architecture", () => {
    expect(() => checkArchitecture("arm64", "x64")).toThrow(/runs on arm64.*for amd64/);
    expect(() => checkArchitecture("amd64", "x64")).not.toThrow();
  });
});
