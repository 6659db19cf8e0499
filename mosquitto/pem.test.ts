import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPem, splitPem } from "./pem.ts";

const block = (label: string, body = "AQID") => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;

const blocks = fc.array(
  fc.record({
    label: fc.constantFrom("CERTIFICATE", "PRIVATE KEY", "X509 CRL"),
    content: fc.uint8Array({ minLength: 1, maxLength: 200 }),
  }),
  { maxLength: 5 },
);
const space = fc.stringMatching(/^[ \t\r\n]{0,5}$/).map((text) => `${text}\n`);

describe("a PEM text", () => {
  it("is split into its blocks, whatever white space is between them and however lines end", () => {
    fc.assert(
      fc.property(blocks, space, fc.constantFrom("\n", "\r\n"), (wanted, between, end) => {
        const texts = wanted.map(({ label, content }) =>
          block(
            label,
            Buffer.from(content)
              .toString("base64")
              .replace(/.{64}(?=.)/g, "$&\n"),
          ),
        );
        const text = texts.map((one) => between + one).join("");
        expect(splitPem(text.replaceAll("\n", end))).toEqual(
          wanted.map(({ label }, index) => ({ label, pem: texts[index] })),
        );
      }),
    );
  });

  it("is read with white space at the end of its lines, and split without it", () => {
    expect(splitPem(block("X").replaceAll("\n", " \t\n"))).toEqual([{ label: "X", pem: block("X") }]);
  });

  it("keeps the header fields of a key in the old encrypted form", () => {
    const text = block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAQID");
    expect(splitPem(text)).toEqual([{ label: "RSA PRIVATE KEY", pem: text }]);
  });

  it("is refused with text before, between or after its blocks, whose lines are named", () => {
    fc.assert(
      fc.property(
        fc.nat(2),
        fc.stringMatching(/^[!-~](?:[ -~]{0,30}[!-~])?$/).filter((text) => !text.startsWith("-----")),
        (place, rubbish) => {
          const texts = [block("CERTIFICATE"), block("CERTIFICATE")];
          texts.splice(place, 0, `${rubbish}\n`);
          const { blocks, mistakes } = readPem(texts.join(""));
          expect(blocks).toHaveLength(2);
          expect(mistakes).toEqual([`text outside of a block in line ${place * 3 + 1}`]);
        },
      ),
    );
  });

  it.each([
    ["a block that does not end", "-----BEGIN CERTIFICATE-----\nAQID\n", "line 1 on without its END"],
    ["a block that ends as another", block("X").replace("END X", "END Y"), "line 1 on without its END"],
    [
      "a block that begins within another",
      `-----BEGIN X-----\nAQID\n${block("X")}`,
      "line 1 on without its END",
    ],
    ["an END on its own", "-----END CERTIFICATE-----\n", "outside of a block in line 1"],
    ["a BEGIN that is indented", block("X").replace(/^/, "  "), "outside of a block in lines 1 to 3"],
    ["a byte order mark", `\ufeff${block("X")}`, "outside of a block in lines 1 to 3"],
    ["line ends that were escaped", block("X").replaceAll("\n", "\\n"), "outside of a block in line 1"],
    ["content that is no base64", block("X", "AQ-D"), "line 1 on whose content is not whole base64"],
    ["content that is cut off", block("X", "AQI"), "line 1 on whose content is not whole base64"],
    ["no content", block("X", ""), "line 1 on whose content is not whole base64"],
    ["header fields only", block("X", "Proc-Type: 4,ENCRYPTED"), "line 1 on whose content is not"],
  ])("is refused with %s", (_, text, message) => {
    expect(() => splitPem(text)).toThrow(message);
  });

  it("names many lines in short", () => {
    const text = ["a", "", "b", "c", "", "d", "", "e", "", "f", "", "g"].join("\n");
    expect(readPem(text).mistakes).toEqual([
      "text outside of a block in lines 1, 3 to 4, 6, 8, 10 and others",
    ]);
  });
});
