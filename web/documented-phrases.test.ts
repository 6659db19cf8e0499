import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** What docs/console.md says that the page says, without what varies: names, reasons and numbers. */
const phrases = [...readFileSync(path("../docs/console.md"), "utf8").matchAll(/^\| (`.*?`) +\|/gm)]
  .flatMap(([, cell = ""]) => cell.split("`, `"))
  .flatMap((quote) => quote.replaceAll("`", "").split(/…|\d.*/))
  .filter((phrase) => phrase !== "");

const sources = readdirSync(path("page"))
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
  .map((name) => readFileSync(path(`page/${name}`), "utf8"))
  .join("\n");

test("the documentation quotes phrases of the page", () => {
  expect(phrases.length).toBeGreaterThanOrEqual(10);
});

test.each(phrases)("the page says %j, which the documentation quotes", (phrase) => {
  // A reason after a colon is put in when the page runs.
  const [start = "", reason = ""] = phrase.split(": ");
  expect(sources).toContain(start);
  expect(sources).toContain(reason.trim());
});
