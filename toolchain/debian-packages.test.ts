import { describe, expect, test } from "vitest";
import { explainApt } from "./apt.ts";
import { aptOptions, debianMirror, readPackageName } from "./debian-packages.ts";

describe("the Debian mirror", () => {
  test("is the one of the main archive, not of security updates or other projects", () => {
    const targets = [
      "https://packages.example/apt stable-thing main",
      "http://mirror.example/debian-security/ bookworm-security main",
      "http://mirror.example/debian/ bookworm contrib",
      "http://mirror.example/debian/ bookworm main",
    ];
    expect(debianMirror(targets.join("\n"))).toBe("http://mirror.example/debian");
  });

  test("is unknown on Ubuntu and where apt has no sources", () => {
    expect(debianMirror("http://mirror.example/ubuntu noble main")).toBeUndefined();
    expect(debianMirror("")).toBeUndefined();
  });
});

test("apt is held to signed releases and to folders of its own", () => {
  const options = aptOptions("/f");
  expect(options).toContain("Acquire::AllowInsecureRepositories=false");
  expect(options).toContain("APT::Get::AllowUnauthenticated=false");
  expect(options).toContain("Dir::State::Status=/f/status");
  expect(options.join(" ")).not.toMatch(/(unauthenticated|insecure\w*)=(true|1|yes)/i);
});

test("a package file's name tells name and version, epoch included", () => {
  expect(readPackageName("zlib1g_1%3a1.3-3+b1_amd64.deb")).toEqual(["zlib1g", "1:1.3-3+b1"]);
});

describe("a failed apt-get", () => {
  test.each([
    ["E: You don't have enough free space in /var/cache/apt/archives/.", /no space left/],
    ["E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1", /Let the other apt end/],
    ["E: Failed to fetch http://x  Temporary failure resolving 'x'", /could not reach the package mirror/],
    [
      "E: Unable to locate package nosuch",
      /`apt-get install` failed. It said:\n {2}E: Unable to locate package nosuch/,
    ],
  ])("%s", (output, sentence) => {
    expect(explainApt(["-o", "x", "install", "nosuch"], `Reading lists\n${output}\n`, "")).toMatch(sentence);
  });

  test("without apt-get says where that is", () => {
    expect(explainApt(["update"], "", "ENOENT")).toMatch(/no apt-get here/);
  });
});
