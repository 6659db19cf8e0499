import { describe, expect, it } from "vitest";
import { type AccessReview, reviewAccess } from "./access-review.ts";
import type { AccessUse } from "./access-use.ts";
import { sampleSettings } from "./sample-settings.ts";

const policy = sampleSettings({
  roles: {
    reader: { read: ["naboom/data/#"] },
    spare: { read: ["naboom/spare"] },
    base: { roles: ["reader"] },
  },
  users: {
    web: { read: ["naboom/data/news", "naboom/data/#"], roles: ["reader"] },
    app: { roles: ["base"], deny: ["naboom/#"], write: ["app/state"] },
    idle: { readwrite: ["idle/state"] },
  },
  patterns: { read: ["naboom/devices/%c"] },
});

const BEGAN = "2026-11-24T14:02:18.000Z";
const LATER = "2026-11-24T15:00:00.000Z";

function use(more: Partial<AccessUse> = {}): AccessUse {
  const logIns = new Map([
    ["web", LATER],
    ["app", LATER],
  ]);
  const nothing = { resuming: new Set<string>(), subscriptions: new Map() };
  return { began: BEGAN, isWhole: true, logIns, ...nothing, ...more };
}

/** Each finding with its place, its rule and the users that it is about. */
function findings({ places }: AccessReview): readonly string[] {
  return places.flatMap(({ name, findings: own, rules }) => [
    ...own.map(({ kind, words }) => `${name}: ${kind}: ${words}`),
    ...rules.flatMap((rule) =>
      rule.findings.map(({ kind, words, users = [] }) =>
        [`${name} ${rule.access} ${rule.filter}: ${kind}: ${words}`, ...users].join(" / "),
      ),
    ),
  ]);
}

function usesOf({ places }: AccessReview): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    places.flatMap(({ name, rules }) =>
      rules.map((rule) => [`${name} ${rule.access} ${rule.filter}`, rule.use]),
    ),
  );
}

describe("a review", () => {
  it("finds what is shadowed, for those of a role's users that it is about", () => {
    const found = findings(reviewAccess(policy));
    expect(found.filter((text) => text.includes("shadowed"))).toEqual([
      "web read naboom/data/news: shadowed: read naboom/data/# covers it",
      "web read naboom/data/#: shadowed: read naboom/data/# of role reader covers it",
      "reader read naboom/data/#: shadowed: it never takes effect: deny naboom/# covers it",
    ]);
  });

  it("finds a role that nobody has, also by another role", () => {
    expect(findings(reviewAccess(policy)).filter((text) => text.includes("role"))).toContain(
      "spare: unused: nobody has this role",
    );
    const members = reviewAccess(policy).places.map(
      ({ kind, name, members }) => kind === "role" && [name, members],
    );
    expect(members.filter(Boolean)).toEqual([
      ["reader", ["web", "app"]],
      ["spare", []],
      ["base", ["app"]],
    ]);
  });

  it("finds users that never logged in, and rights to read that nobody subscribed to", () => {
    const found = findings(reviewAccess(policy, use())).filter((text) => text.includes("unused"));
    expect(found).toEqual([
      "web read naboom/data/news: unused: nothing of it was subscribed to",
      "web read naboom/data/#: unused: nothing of it was subscribed to",
      "idle: unused: it never logged in",
      "reader read naboom/data/#: unused: nothing of it was subscribed to",
      "spare: unused: nobody has this role",
      " read naboom/devices/%c: unused: nothing of it was subscribed to",
    ]);
  });

  it("tells the use of each rule, and that writing is not known", () => {
    const news = policy.users.web?.rules.find(({ filter }) => filter === "naboom/data/news");
    const subscriptions = new Map(news === undefined ? [] : [[news, LATER]]);
    expect(usesOf(reviewAccess(policy, use({ subscriptions })))).toMatchObject({
      "web read naboom/data/news": { read: LATER },
      "web read naboom/data/#": { read: "never" },
      "app write app/state": { write: "unknown" },
      "idle readwrite idle/state": { read: "never", write: "never" },
      "spare read naboom/spare": {},
    });
  });

  it("does not say never where a session may have been kept", () => {
    const kept = usesOf(reviewAccess(policy, use({ resuming: new Set(["web"]) })));
    expect(kept["web read naboom/data/news"]).toEqual({ read: "unknown" });
    expect(kept["idle readwrite idle/state"]).toEqual({ read: "never", write: "never" });
  });

  it("knows no use without a log, and finds the rest all the same", () => {
    const review = reviewAccess(policy);
    expect(review.log).toBeUndefined();
    expect(Object.values(usesOf(review))).toEqual(Object.values(usesOf(review)).map(() => ({})));
    expect(review.counts).toEqual({ wide: 1, shadowed: 3, unused: 1 });
  });
});
