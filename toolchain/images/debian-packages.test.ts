import { describe, expect, test } from "vitest";
import { aptOptions, debianMirror, readPackageName, readPolicy } from "./debian-packages.ts";

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

test("a package file's name tells name, version with its epoch, and architecture", () => {
  expect(readPackageName("zlib1g_1%3a1.3-3+b1_amd64.deb")).toEqual({
    name: "zlib1g",
    version: "1:1.3-3+b1",
    architecture: "amd64",
  });
});

test("the release's version of a package is read from apt's policy, and one that it lacks is left out", () => {
  const printed =
    "libc6:\n  Installed: (none)\n  Candidate: 2.43-7\n  Version table:\n     2.43-7 500\n        500 http://m forky/main amd64 Packages\n" +
    "gone:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n";
  expect([...readPolicy(printed)]).toEqual([["libc6", "2.43-7"]]);
});
