import { describe, expect, test } from "vitest";
import { officialImage } from "../../mosquitto/image.ts";
import { brokerImage, RECIPE, recipeHash } from "./broker/recipe.ts";
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

describe("the image that is used", () => {
  const built = imageReference(brokerImage, "2.1.2");

  test("is the one built earlier, even if the official one is here as well", () => {
    expect(chooseLocal({ built, official: true })).toMatchObject({ reference: built, how: "found" });
  });

  test("is the official one, if only that is here", () => {
    expect(chooseLocal({ built: undefined, official: true })?.reference).toBe(officialImage);
  });

  test("has to be fetched or built, if none is here", () => {
    expect(chooseLocal({ built: undefined, official: false })).toBeUndefined();
  });

  test("is pinned by digest, if it is the official one", () => {
    expect(officialImage).toMatch(/:2\.1\.2-alpine@sha256:[0-9a-f]{64}$/);
  });
});

describe("the recipe", () => {
  test("names the image by version and content", () => {
    expect(imageReference({ ...brokerImage, name: "a/b", recipe: "0123456789ab" }, "2.1.3")).toBe(
      "a/b:2.1.3-debian-0123456789ab",
    );
    expect(recipeHash()).toMatch(/^[0-9a-f]{12}$/);
  });

  test("names the image after this project", () => {
    expect(imageReference(brokerImage, "2.1.2")).toBe(`naboom-mqtt/mosquitto:2.1.2-debian-${recipeHash()}`);
  });

  test("has another name as soon as anything in it changes", () => {
    expect(recipeHash({ ...RECIPE, applets: [...RECIPE.applets, "vi"] })).not.toBe(recipeHash());
  });

  test("keeps user and group 1883 in all the places that name them", () => {
    expect(RECIPE.files["/etc/passwd"]).toContain(`mosquitto:x:${RECIPE.brokerId}:${RECIPE.brokerId}:`);
    expect(RECIPE.files["/etc/group"]).toContain(`mosquitto:x:${RECIPE.brokerId}:`);
  });
});

describe("the version of a new image's broker", () => {
  test.each(["2.1.2", "2.1.3", "2.2.0"])("%s is taken", (version) => {
    expect(checkVersion(brokerImage, `mosquitto version ${version}\n\nUsage`)).toBe(version);
  });

  test.each(["2.0.21", "2.1.1", "3.0.0"])("%s is refused", (version) => {
    expect(() => checkVersion(brokerImage, `mosquitto version ${version}`)).toThrow(
      /2\.1\.2 or newer is needed, below 3/,
    );
  });

  test("has to be told at all", () => {
    expect(() => checkVersion(brokerImage, "error while loading shared libraries")).toThrow(
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

test("labels name the packages that are in the image", () => {
  const labels = imageLabels(
    brokerImage,
    new Map([
      ["mosquitto", "2.1.2-3"],
      ["libc6", "2.43-7"],
    ]),
  );
  expect(labels["org.opencontainers.image.version"]).toBe("2.1.2-3");
  expect(labels["naboom-mqtt.packages"]).toBe("libc6=2.43-7 mosquitto=2.1.2-3");
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
    expect(String(explainBuild(new Error("write ENOSPC")))).toMatch(/no space left.*TMPDIR/);
  });

  test("no way left names both reasons and the way out", () => {
    const { message } = noImage("no registry can be reached", "apt on this machine knows no Debian mirror");
    expect(message).toMatch(
      /\(no registry can be reached\).*\(apt on this.*npm run pulumi -- config set naboom-mqtt:image NAME:TAG/,
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
