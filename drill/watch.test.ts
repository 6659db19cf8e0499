import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { describeTurns, Watch } from "./watch.ts";

describe("a watch", () => {
  it("notes when the answer turned", async () => {
    let answer = "taken";
    const watch = new Watch(async () => answer);
    await sleep(60);
    answer = "refused";
    await sleep(60);
    const turns = await watch.stop();
    expect(turns.map((turn) => turn.answer)).toEqual(["taken", "refused"]);
    expect(turns[1]?.since).toBeGreaterThanOrEqual(59);
    expect(turns[1]?.since).toBeLessThan(120);
  });

  it("notes an answer that turned back", async () => {
    const answers = ["taken", "refused", "taken", "refused", "refused"];
    const watch = new Watch(async () => answers.shift() ?? "refused");
    await sleep(130);
    const turns = await watch.stop();
    expect(turns.map((turn) => turn.answer)).toEqual(["taken", "refused", "taken", "refused"]);
  });

  it("takes an error for an answer", async () => {
    const watch = new Watch(async () => {
      throw new Error("nobody listens");
    });
    const turns = await watch.stop();
    expect(describeTurns(turns)).toBe("error: nobody listens (2 times)");
  });

  it("ends with an attempt that began after the end was asked for", async () => {
    let answer = "before";
    const watch = new Watch(async () => {
      const now = answer;
      await sleep(30);
      return now;
    });
    await sleep(10);
    answer = "after";
    expect((await watch.stop()).at(-1)).toMatchObject({ answer: "after" });
  });

  it("is told with short fingerprints", () => {
    const answer = Array.from({ length: 32 }, (_, index) => (index + 160).toString(16).toUpperCase()).join(
      ":",
    );
    expect(describeTurns([{ answer, since: 0, answers: 3 }])).toBe("the certificate A0:A1:A2:A3… (3 times)");
  });
});
