import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { inDays, issue } from "../mosquitto/trial-certificate.ts";
import { good, NAMES, root, text } from "../mosquitto/trial-chain.ts";
import { describeCertificates } from "./certificate-outputs.ts";

const settings = { names: [...NAMES], renewalDays: 30 };
const own = { ...settings, own: good };

const expired = issue({ name: "root of old", authority: true, begins: inDays(-400), ends: inDays(-30) });
const soon = issue({ name: "another root", authority: true, ends: inDays(20) });

const end = ({ pem }: { readonly pem: string }) => new Date(new X509Certificate(pem).validTo).toISOString();

describe("the end of the CA in the outputs", () => {
  it("is that of the one that ends first, where the stack issued them", () => {
    const { authorityExpires } = describeCertificates(text(root, soon), good.chain, settings);
    expect(authorityExpires).toBe(end(soon));
  });

  it("is that of the server's own issuer where the user brought them, whatever else clients trust", () => {
    for (const authority of [text(expired, root), text(root, soon, expired), root.pem]) {
      const described = describeCertificates(authority, good.chain, own);
      expect([described.authorityExpires, described.own, described.authority]).toEqual([
        end(root),
        true,
        authority,
      ]);
    }
  });
});
