import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { explainAccess, ownReachOf, reachOf, type Want } from "../infra/access-explanation.ts";
import { reviewAccess } from "../infra/access-review.ts";
import { AccessUseRecord } from "../infra/access-use.ts";
import { sampleSettings } from "../infra/sample-settings.ts";
import type { Settings } from "../infra/settings-schema.ts";
import { BrokerLog } from "../mosquitto/broker-log.ts";
import { projectFolder } from "../toolchain/project.ts";
import { renderExplanation, renderReach, renderRights } from "./access-report.ts";
import { renderReview } from "./access-review-report.ts";

/** The documentation, whose policies these tests are about. */
let page: string;
let policy: Settings;
let reviewed: Settings;

const plain = { colour: false };

beforeAll(async () => {
  page = await readFile(join(projectFolder, "docs", "access.md"), "utf8");
  const [first = {}, second = {}] = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""]) =>
    configOf(text),
  );
  policy = sampleSettings(first);
  const keys = new Set([...Object.keys(first), ...Object.keys(second)]);
  reviewed = sampleSettings(
    Object.fromEntries([...keys].map((key) => [key, { ...(first[key] ?? {}), ...(second[key] ?? {}) }])),
  );
});

describe("an answer", () => {
  it.each([
    ["web", "read", "naboom/community/news"],
    ["service", "read", "naboom/users/web/inbox"],
    ["web", "write", "naboom/system/door"],
    ["web", "write", "naboom/community/news"],
    ["monitor", "write", "$SYS/broker/uptime"],
  ] as const)("tells whether %s may %s %s", async (user: string, want: Want, topic: string) => {
    const text = renderExplanation(explainAccess(policy, { user, want, topic }), policy, plain);
    await expect(`${text}\n`).toMatchFileSnapshot(
      `golden/explain-${user}-${want}-${topic.split("/").at(-1)}`,
    );
  });

  it("tells all that a user may do", async () => {
    await expect(`${renderRights("web", policy, plain)}\n`).toMatchFileSnapshot("golden/explain-web");
    await expect(`${renderRights("service", policy, plain)}\n`).toMatchFileSnapshot("golden/explain-service");
  });

  it("tells who can reach a topic", async () => {
    const reach = (topic: string) =>
      `${renderReach(topic, reachOf(policy, topic), ownReachOf(policy, topic), plain)}\n`;
    await expect(reach("naboom/alerts/fire")).toMatchFileSnapshot("golden/who-fire");
    await expect(reach("naboom/system/door")).toMatchFileSnapshot("golden/who-door");
    await expect(reach("$SYS/broker/version")).toMatchFileSnapshot("golden/who-version");
    expect(reach("elsewhere")).toBe("Nobody may read or write elsewhere.\n");
  });
});

describe("a review", () => {
  it("shows each user, role and pattern with what to look at", async () => {
    const review = renderReview(reviewAccess(reviewed, useOf(reviewed)), plain);
    await expect(`${review}\n`).toMatchFileSnapshot("golden/review");
  });

  it("says that use is not known where no broker runs", async () => {
    const review = renderReview(reviewAccess(policy), plain);
    await expect(`${review}\n`).toMatchFileSnapshot("golden/review-without-broker");
  });

  it("has lines of at most 110 characters, whatever the names and filters are", () => {
    const long = sampleSettings({
      users: Object.fromEntries(
        Array.from({ length: 8 }, (_, index) => [
          `${"u".repeat(60)}-${index}`,
          { write: [`${"level/".repeat(30)}#`, "#"], read: [`${"x".repeat(200)}`], deny: ["+/#"] },
        ]),
      ),
    });
    const lines = renderReview(reviewAccess(long, useOf(long)), plain).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  it("is coloured where it is asked to be, and stands as it did", () => {
    const [plainText, coloured] = [false, true].map((colour) =>
      renderReview(reviewAccess(reviewed), { colour }),
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one.
    expect(coloured?.replace(/\u001b\[\d+m/g, "")).toBe(plainText);
    expect(coloured).not.toBe(plainText);
  });
});

it("is in the documentation as it is printed", async () => {
  const outputs = [...page.matchAll(/```text\n\$ [^\n]*\n(.*?)```/gs)].map(([, text]) => text);
  expect(outputs.length).toBe(6);
  const files = ["explain-web-read-news", "explain-service-read-inbox", "explain-web-write-door"];
  const all = [...files, "explain-web", "who-fire", "review"].map((name) =>
    readFile(join(import.meta.dirname, "golden", name), "utf8"),
  );
  expect(outputs).toEqual(await Promise.all(all));
});

type Config = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function configOf(text: string): Config {
  const { config } = parse(text) as { config: Config };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace(/^naboom-mqtt:/, ""), value]),
  );
}

/** A log of a day on which all but the users `import` and `monitor` were there. */
function useOf(settings: Settings) {
  const at = (minute: number) => `2026-11-24T14:${minute}:18+0000`;
  const logIn = (id: string, user: string, clean: number) =>
    `${at(20)}: New client connected from 10.0.0.7:5000 as ${id} (p5, c${clean}, k60, u'${user}').`;
  const lines = [
    `${at(10)}: mosquitto version 2.1.2 starting`,
    ...[logIn("store", "service", 0), `${at(21)}: store 1 naboom/community/#`],
    ...[logIn("news", "publisher", 1)],
    ...[
      logIn("tab-1", "web", 1),
      `${at(22)}: tab-1 1 naboom/users/web/inbox`,
      `${at(23)}: tab-1 1 naboom/community/+`,
    ],
    ...[logIn("wall", "dashboard", 1), `${at(24)}: wall 0 naboom/community/news`],
  ];
  const [log, record] = [new BrokerLog(), new AccessUseRecord(settings)];
  for (const line of lines) {
    const event = log.read(line);
    if (event !== undefined) record.add(event);
  }
  return record.result(log);
}
