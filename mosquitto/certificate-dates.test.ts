import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { issue, trialKey } from "./trial-certificate.ts";
import { check, SERVER, stranger } from "./trial-chain.ts";

describe("the dates of an own certificate", () => {
  const begins = new Date("2026-01-01T00:00:00Z");
  const ends = new Date("2026-12-31T23:59:59Z");
  const later = new Date("2051-06-01T00:00:00Z");
  const key = trialKey();
  const anchor = issue({ name: "anchor", authority: true, begins, ends: later });
  const dated = issue({ ...SERVER, key, issuer: anchor, begins, ends });
  const at = (now: Date, authority = anchor, certificate = dated) =>
    check({ chain: certificate.pem, key: certificate.keyPem, authority: authority.pem }, now);

  it("are refused before and after, for each certificate, and named in ISO form", () => {
    expect(at(new Date(begins.getTime() - 1)).faults).toEqual([
      expect.stringContaining(
        '"server" is not valid before 2026-01-01T00:00:00Z, and now it is 2025-12-31T23:59:59Z',
      ),
      expect.stringContaining('"anchor" is not valid before 2026-01-01T00:00:00Z'),
    ]);
    expect(at(new Date(ends.getTime() + 1000)).faults).toEqual([
      expect.stringContaining('"server" expired on 2026-12-31T23:59:59Z, and now it is 2027-01-01T00:00:00Z'),
    ]);
    expect(at(new Date("2052-01-01T00:00:00Z")).faults).toHaveLength(2);
  });

  it("are taken from the first second to the last, and warned of in the last 14 days", () => {
    fc.assert(
      fc.property(fc.date({ min: begins, max: ends, noInvalidDate: true }), (now) => {
        const { faults, warnings } = at(now);
        expect(faults).toEqual([]);
        const soon = now.getTime() >= Date.parse("2026-12-17T23:59:59Z");
        expect(warnings).toEqual(soon ? [expect.stringContaining("expires on 2026-12-31T23:59:59Z")] : []);
      }),
      {
        examples: [[begins], [new Date("2026-12-17T23:59:58Z")], [new Date("2026-12-17T23:59:59Z")], [ends]],
      },
    );
  });

  it("are warned of where the authority expires before the server's certificate", () => {
    const short = issue({ name: "short", authority: true, begins, ends });
    const longer = issue({ ...SERVER, issuer: short, begins, ends: later });
    expect(at(begins, short, longer)).toEqual({
      faults: [],
      warnings: [
        expect.stringContaining('issuer "short" expires on 2026-12-31T23:59:59Z, before the server'),
      ],
    });
  });

  it("are warned of in an authority that the server has no need of, which may be expired", () => {
    const old = issue({ name: "old", authority: true, begins, ends: new Date("2026-02-01T00:00:00Z") });
    const now = new Date("2026-06-01T00:00:00Z");
    const own = { chain: dated.pem, key: dated.keyPem, authority: old.pem + anchor.pem };
    expect(check(own, now)).toEqual({
      faults: [],
      warnings: [expect.stringContaining('"old", which the server has no need of, is valid from 2026-01-01')],
    });
    expect(check({ ...own, authority: old.pem + stranger.pem }, now).faults.join("\n")).not.toContain("old");
  });
});
