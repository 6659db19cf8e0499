import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Certificate, readCertificate } from "./certificate.ts";
import { coverNames } from "./certificate-names.ts";
import { issue, trialKey } from "./trial-certificate.ts";

const key = trialKey();

const certificateFor = (names: readonly string[] | undefined, name = "broker"): Certificate => {
  const certificate = readCertificate(issue({ name, key, ...(names === undefined ? {} : { names }) }).pem);
  if (certificate === undefined) throw new Error("the trial certificate can't be read");
  return certificate;
};

const label = fc.stringMatching(/^[a-z](?:[a-z0-9-]{0,8}[a-z0-9])?$/);
const domain = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join("."));

describe("a server's certificate", () => {
  it("covers the names and addresses that it holds, in any case of letters, and no others", () => {
    const held = fc.uniqueArray(fc.oneof(domain, fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(held, domain, (names, other) => {
        fc.pre(!names.includes(other));
        const certificate = certificateFor(names);
        const asked = names.map((name) => name.toUpperCase());
        expect(coverNames(certificate, [...asked, other])).toEqual({ missing: [other], commonNameOnly: [] });
      }),
    );
  });

  it("covers with a wildcard exactly one label", () => {
    fc.assert(
      fc.property(domain, label, label, (parent, one, two) => {
        const certificate = certificateFor([`*.${parent}`]);
        const covered = [`${one}.${parent}`, `*.${parent}`];
        const missing = [parent, `${one}.${two}.${parent}`, `${one}${parent}`];
        expect(coverNames(certificate, [...covered, ...missing]).missing).toEqual(missing);
      }),
    );
  });

  it.each([
    ["a part of a label", "mq*.example.org", "mqtt.example.org"],
    ["another label than the first", "mqtt.*.org", "mqtt.example.org"],
    ["a top-level domain", "*.org", "example.org"],
    ["an address", "*.0.0.1", "127.0.0.1"],
  ])("covers nothing with a wildcard for %s", (_, pattern, name) => {
    expect(coverNames(certificateFor([pattern]), [name]).missing).toEqual([name]);
  });

  it("does not cover an address that it holds as a DNS name", () => {
    const certificate = certificateFor(["localhost"], "127.0.0.1");
    expect(coverNames(certificate, ["127.0.0.1", "localhost"]).missing).toEqual(["127.0.0.1"]);
  });

  it("covers by its common name only where it holds no names", () => {
    const names = ["mqtt.example.org", "localhost"];
    expect(coverNames(certificateFor(undefined, "mqtt.example.org"), names)).toEqual({
      missing: ["localhost"],
      commonNameOnly: ["mqtt.example.org"],
    });
    expect(coverNames(certificateFor(["localhost"], "mqtt.example.org"), names)).toEqual({
      missing: ["mqtt.example.org"],
      commonNameOnly: [],
    });
  });
});
