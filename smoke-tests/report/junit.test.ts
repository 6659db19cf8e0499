import { parseXml, type XmlElement } from "@rgrove/parse-xml";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Check, type Proof, summarize } from "../proof.ts";
import { renderJunit } from "./junit.ts";

const read: Check = {
  subject: "Policy",
  name: "what may be read is served",
  listener: "mqtt",
  version: 5,
  user: "reader",
  rule: "read naboom/#",
  outcome: "proved",
  milliseconds: 12,
};
const refused: Check = {
  ...read,
  name: "what may not be written is answered with 0x87, and does not arrive",
  outcome: "failed",
  expected: "PUBACK 135 (not authorized)",
  seen: "PUBACK 0 (success)",
};
const origin: Check = {
  subject: "Log-in",
  name: "a page of each allowed origin is let in",
  outcome: "not applicable",
  milliseconds: 0,
  reason: "no origin is allowed",
};

describe("a JUnit file", () => {
  it("has a test suite for each subject and a test case for each check", async () => {
    await expect(renderJunit(proofOf([origin, read, refused]))).toMatchFileSnapshot("golden/junit.xml");
  });

  it("has a name of its own for each test case, as reporters read only the first of several with one name", () => {
    const names = casesIn(renderJunit(proofOf([read, read, read]))).map(({ attributes }) => attributes.name);
    expect(new Set(names).size).toBe(3);
  });

  it("says the same texts to a parser of XML, whatever is in them, but for what XML has no character for", () => {
    const texts = fc.string({ unit: "binary", maxLength: 40 });
    const property = fc.property(texts, texts, texts, (name, expected, seen) => {
      const [found] = casesIn(renderJunit(proofOf([{ ...refused, name, expected, seen }])));
      expect(found?.attributes.name).toContain(inXml(name));
      expect(found?.text).toBe(inXml(`expected  ${expected}\nseen      ${seen}`).replace(/\r\n?/g, "\n"));
    });
    fc.assert(property);
    const [found] = casesIn(
      renderJunit(proofOf([{ ...refused, seen: `]]> <a> & "b" \x1b[31m\x00 \ud800` }])),
    );
    expect(found?.text).toContain(`]]> <a> & "b" \ufffd[31m\ufffd \ufffd`);
  });

  it("of 1,000 users is one that GitLab reads, with every check counted and every failed one on its own", () => {
    const checks = Array.from({ length: 76_000 }, (_, index): Check => {
      const check = index % 1000 === 0 ? refused : read;
      return { ...check, user: `user-${index % 1000}`, rule: `rule-${index}` };
    });
    const text = renderJunit(proofOf(checks));
    expect(text.length).toBeLessThan(30e6);
    const cases = casesIn(text);
    const counted = cases.reduce((sum, { attributes }) => sum + Number(attributes.assertions ?? 1), 0);
    expect(counted).toBe(76_000);
    expect(cases.filter(({ children }) => children.length > 0)).toHaveLength(76);
  });
});

function proofOf(checks: readonly Check[]): Proof {
  return summarize({ stack: "dev", broker: "naboom-mqtt-dev-broker", on: "twin", seconds: 2.06 }, checks);
}

function casesIn(text: string): readonly XmlElement[] {
  const elements = ({ children }: { children: readonly unknown[] }) => children as XmlElement[];
  const [root] = elements(parseXml(text)).filter(({ type }) => type === "element");
  const suites = elements(root as XmlElement).filter(({ type }) => type === "element");
  const cases = suites.flatMap((suite) => elements(suite).filter(({ type }) => type === "element"));
  expect(Number((root as XmlElement).attributes.tests)).toBe(cases.length);
  return cases;
}

/** A text as XML 1.0 can carry it: production 2, said by code points. */
function inXml(text: string): string {
  return [...text]
    .map((character) => {
      const code = character.codePointAt(0) ?? 0;
      const control = code < 0x20 && ![9, 10, 13].includes(code);
      const surrogate = code >= 0xd800 && code <= 0xdfff;
      return control || surrogate || code === 0xfffe || code === 0xffff ? "\ufffd" : character;
    })
    .join("");
}
