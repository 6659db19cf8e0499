import { describe, expect, it } from "vitest";
import { good, NAMES } from "../mosquitto/trial-chain.ts";
import { readOwnCertificate } from "./own-certificate.ts";
import { parseSettings } from "./settings.ts";

describe("a certificate of one's own", () => {
  it("has its key never shown, not even where it was pasted in a form that is no PEM", () => {
    const pasted = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg";
    const refused = () => readOwnCertificate(input({ chain: "x.crt", key: pasted, authority: "ca.crt" }));
    expect(refused).toThrow(/own\.chain names the file .*x\.crt, which cannot be read \(ENOENT\)/);
    const key = () =>
      readOwnCertificate(input({ chain: "-----BEGIN X-----", key: pasted, authority: "ca.crt" }));
    expect(key).toThrow(/own\.key names what is no PEM text and, as a file, cannot be read/);
    expect(key).not.toThrow(pasted);
  });

  it("is asked for with each of its files that is not there, and with the way to do without", () => {
    const refused = () => readOwnCertificate(input({ chain: "x.crt", key: "x.key", authority: "ca.crt" }));
    for (const part of ["chain", "key", "authority"]) {
      expect(refused).toThrow(
        `put the file there, or name another: npm run pulumi -- config set --path 'naboom-mqtt:certificates.own.${part}' PATH`,
      );
    }
    expect(refused).toThrow(/own\.key names the file .*x\.key, which cannot be read \(ENOENT\)/);
    expect(refused).toThrow(
      "to take one that the stack issues: npm run pulumi -- config rm --path 'naboom-mqtt:certificates.own'",
    );
  });

  it("begins with its first line that is not empty", () => {
    const padded = Object.fromEntries(Object.entries(good).map(([part, pem]) => [part, `\n \n${pem}`]));
    const given = input(padded);
    expect(
      readOwnCertificate({ ...given, certificates: { ...given.certificates, names: [...NAMES] } }),
    ).toMatchObject(good);
  });

  it("is none where the config names none", () => {
    expect(readOwnCertificate(input(undefined))).toBeUndefined();
  });
});

function input(own: Record<string, string> | undefined) {
  const raw: Record<string, string> = own === undefined ? {} : { "p:certificates": JSON.stringify({ own }) };
  const parsed = parseSettings(raw, { project: "p", stack: "dev" });
  if (!parsed.success) throw new Error(parsed.faults.join());
  return { certificates: parsed.data.certificates, stack: "dev", folder: "/nowhere", now: new Date() };
}
