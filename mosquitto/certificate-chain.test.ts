import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkOwnCertificate } from "./certificate-chain.ts";
import { type Issued, inDays, issue } from "./trial-certificate.ts";
import { check, faultsOf, good, intermediate, root, SERVER, server, stranger, text } from "./trial-chain.ts";

describe("an own certificate", () => {
  it("is taken with its chain in order, with or without the root", () => {
    expect(check({})).toEqual({ faults: [], warnings: [] });
    expect(check({ chain: text(server, intermediate, root) })).toEqual({ faults: [], warnings: [] });
  });

  it("is taken with an authority of several roots, and with the intermediate in the authority", () => {
    expect(faultsOf({ authority: text(stranger, root) })).toEqual([]);
    expect(faultsOf({ chain: server.pem, authority: text(root, intermediate) })).toEqual([]);
  });

  it.each([
    ["PKCS #8", server.keyPem],
    ["the older form", server.key.export({ type: "sec1", format: "pem" }) as string],
    [
      "the older form behind its parameters",
      `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${server.key.export({ type: "sec1", format: "pem" })}`,
    ],
  ])("is taken with its key in %s", (_, key) => {
    expect(faultsOf({ key })).toEqual([]);
  });

  it("has every mistake named at once", () => {
    const faults = checkOwnCertificate(
      { chain: `rubbish\n${server.pem}`, key: "", authority: intermediate.pem },
      { names: ["other.example.org"], now: inDays(200) },
    ).faults.join("\n");
    for (const part of [
      "line 1",
      "key is missing",
      "other.example.org",
      '"intermediate" expired',
      '"server" expired',
    ])
      expect(faults).toContain(part);
  });
});

describe("the chain of an own certificate", () => {
  const long: Issued[] = [];
  for (const name of ["level-1", "level-2", "level-3"]) {
    long.unshift(issue({ name, authority: true, issuer: long[0] ?? root }));
  }
  const leaf = issue({ ...SERVER, issuer: long[0] });
  const right = [leaf, ...long, root];
  const quoted = (certificates: readonly Issued[]) => certificates.map(({ name }) => `"${name}"`).join(", ");

  it("is refused in every order but one, which is said", () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.nat(4).chain(() =>
          fc.shuffledSubarray(
            right.map((_, i) => i),
            { minLength: 5 },
          ),
        ),
        (whole, places) => {
          const wanted = whole ? right : right.slice(0, -1);
          const given = places.flatMap((place) => wanted[place] ?? []);
          const faults = faultsOf({ chain: text(...given), key: leaf.keyPem });
          if (quoted(given) === quoted(wanted)) expect(faults).toEqual([]);
          else {
            expect(faults).toHaveLength(1);
            expect(faults[0]).toContain(`wrong order, ${quoted(given)};`);
            expect(faults[0]).toContain(`put it in the order ${quoted(wanted)}.`);
          }
        },
      ),
    );
  });

  it("is refused without any one of its intermediates, which is named", () => {
    for (const missing of long) {
      const chain = text(...right.filter((one) => one !== missing));
      const faults = faultsOf({ chain, key: leaf.keyPem });
      expect(faults).toHaveLength(1);
      expect(faults[0]).toContain(`whose issuer "${missing.name}" is neither in the chain`);
    }
  });

  it("is refused with a certificate that has no part in it", () => {
    expect(faultsOf({ chain: good.chain + stranger.pem })).toEqual([
      expect.stringContaining('have no part in it, "stranger"'),
    ]);
  });

  it("is refused with another server's certificate, wherever that stands", () => {
    const previous = issue({ ...SERVER, name: "previous", issuer: intermediate });
    for (const chain of [text(previous, server, intermediate), text(server, intermediate, previous)]) {
      expect(faultsOf({ chain })).toEqual([expect.stringContaining('have no part in it, "previous"')]);
    }
  });

  it("is refused with an issuer of the right name and another key", () => {
    const impostor = issue({ name: "intermediate", authority: true, issuer: root });
    expect(faultsOf({ chain: text(server, impostor) })).toEqual([
      expect.stringContaining("was signed with another key"),
    ]);
  });

  it("is refused where it leads to another root than the authority", () => {
    expect(faultsOf({ authority: stranger.pem })[0]).toContain('issuer "root" is neither in the chain nor');
    expect(faultsOf({ chain: text(server, intermediate, root), authority: stranger.pem })[0]).toContain(
      'ends at the self-signed certificate "root", while clients are to trust "stranger"',
    );
  });

  it("is refused where the authority is no root", () => {
    expect(faultsOf({ authority: intermediate.pem })).toEqual([
      expect.stringContaining('The authority "intermediate" is no root but issued by "root"'),
    ]);
  });

  it.each([
    ["has no CA:TRUE", { authority: false }],
    ["may not sign certificates", { usage: 0x80 }],
  ])("is refused with an intermediate that %s", (_, flaw) => {
    const weak = issue({ name: "weak", authority: true, issuer: root, ...flaw });
    const issued = issue({ ...SERVER, issuer: weak });
    expect(faultsOf({ chain: text(issued, weak), key: issued.keyPem })).toEqual([
      expect.stringContaining(
        '"weak" stands in an issuer\'s place but is not that of a certificate authority',
      ),
    ]);
  });

  it("is refused with an authority that is none, also where that is the server itself", () => {
    const itself = issue(SERVER);
    const faults = faultsOf({ chain: itself.pem, key: itself.keyPem, authority: itself.pem });
    expect(faults).toEqual([expect.stringContaining("is not that of a certificate authority")]);
  });

  it("is refused where the server poses as the authority", () => {
    const both = issue({ ...SERVER, authority: true, usage: 0x86 });
    const faults = faultsOf({ chain: both.pem, key: both.keyPem, authority: both.pem });
    expect(faults).toEqual([
      expect.stringContaining("begins with the certificate of a certificate authority"),
    ]);
  });

  it("is refused with more intermediates than an authority allows", () => {
    const narrow = issue({ name: "narrow", authority: true, pathLength: 0 });
    const below = issue({ name: "below", authority: true, issuer: narrow });
    const direct = issue({ ...SERVER, issuer: narrow });
    const indirect = issue({ ...SERVER, issuer: below });
    const authority = narrow.pem;
    expect(faultsOf({ chain: direct.pem, key: direct.keyPem, authority })).toEqual([]);
    expect(faultsOf({ chain: text(indirect, below), key: indirect.keyPem, authority })).toEqual([
      expect.stringContaining('"narrow" allows 0 intermediates below itself, and the chain has 1'),
    ]);
  });

  it("is refused where a certificate asks for another of its issuer", () => {
    const marked = issue({ name: "marked", authority: true, subjectKeyId: "one" });
    const issued = issue({ ...SERVER, issuer: marked, authorityKeyId: "two" });
    expect(faultsOf({ chain: issued.pem, key: issued.keyPem, authority: marked.pem })).toEqual([
      expect.stringContaining('"server" names another certificate of its issuer than "marked"'),
    ]);
  });
});
