import { describe, expect, it } from "vitest";
import { explainFileError } from "./file-error.ts";
import { UserError } from "./user-error.ts";

const folder = { path: "/cache", need: "Pulumi takes 1 GB", elsewhere: "set NABOOM_MQTT_CACHE" };
const sentence = (code: string, syscall = "open") => {
  const error = explainFileError(Object.assign(new Error(code), { code, syscall }), folder);
  expect(error).toBeInstanceOf(UserError);
  return (error as Error).message;
};

describe("a folder that can't be written", () => {
  it.each(["ENOSPC", "EDQUOT"])("for lack of space (%s) is told with what is needed", (code) => {
    expect(sentence(code)).toBe(
      `There is no space left in /cache (${code}), and Pulumi takes 1 GB: make room there, or set NABOOM_MQTT_CACHE.`,
    );
  });

  it.each(["EACCES", "EPERM"])("for lack of rights (%s) is told with the command that mends it", (code) => {
    expect(sentence(code)).toBe(
      `/cache can't be used by this user (${code}), perhaps since another one made it: ` +
        'run `sudo chown -R "$(id -u)" /cache`, or set NABOOM_MQTT_CACHE.',
    );
  });

  it("is made before its owner is changed where it could not be made", () => {
    expect(sentence("EACCES", "mkdir")).toContain(
      '`sudo mkdir -p /cache && sudo chown -R "$(id -u)" /cache`',
    );
  });

  it("since its disk is write-protected is not chowned", () => {
    expect(sentence("EROFS")).toBe("/cache is on a disk that can't be written: set NABOOM_MQTT_CACHE.");
  });
});

describe("a folder that can't be made", () => {
  it.each(["ENOENT", "ENOTDIR", "EEXIST"])("is told with the other way (%s)", (code) => {
    expect(sentence(code, "mkdir")).toBe(`/cache can't be made (${code}): set NABOOM_MQTT_CACHE.`);
  });
});

describe("any other error", () => {
  it("stays what it is", () => {
    const missing = Object.assign(new Error("ENOENT"), { code: "ENOENT", syscall: "open" });
    for (const error of [new Error("x"), new UserError("y"), missing, "z", undefined])
      expect(explainFileError(error, folder)).toBe(error);
  });

  it("also when a site could not be reached for lack of rights, which is in its cause", () => {
    const refused = Object.assign(new Error("connect EPERM"), { code: "EPERM", syscall: "connect" });
    const error = new TypeError("fetch failed", { cause: refused });
    expect(explainFileError(error, folder)).toBe(error);
  });
});
