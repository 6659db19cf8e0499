import { describe, expect, it } from "vitest";
import { type ListenerName, listenerNames } from "../mosquitto/listener.ts";
import { type Check, summarize } from "./proof.ts";
import { protocolVersions } from "./reason-codes.ts";
import { renderReport } from "./report.ts";

function proofOf(checks: readonly Check[], stack = "dev") {
  return summarize({ stack, broker: `naboom-mqtt-${stack}-broker`, on: "twin", seconds: 2.06 }, checks);
}

function onAll(name: string, listeners: readonly ListenerName[] = listenerNames): Check[] {
  return listeners.flatMap((listener) =>
    protocolVersions.map(
      (version): Check => ({
        subject: "Log-in",
        name,
        listener,
        version,
        outcome: "proved",
        milliseconds: 3,
      }),
    ),
  );
}

function failed(check: Check, seen: string): Check {
  return { ...check, outcome: "failed", expected: "CONNACK 5 (not authorized)", seen };
}

const certificate: Check = {
  subject: "Certificates",
  name: "it is valid",
  outcome: "proved",
  milliseconds: 1,
};

describe("a report", () => {
  it("is a table of checks and listeners under each subject, and the sum", () => {
    const proof = proofOf([
      ...onAll("an anonymous client is refused"),
      ...onAll("it holds", ["mqtts"]),
      certificate,
    ]);
    expect(renderReport(proof, { colour: false })).toMatchInlineSnapshot(`
      "Log-in                               mqtt  mqtts     ws    wss
        an anonymous client is refused        ✓      ✓      ✓      ✓
        it holds                                     ✓

      Certificates
        it is valid                           ✓

      11 checks proved in 2.1 s against naboom-mqtt-dev-broker"
    `);
  });

  it("marks a check that failed with one version only, and says what was expected and seen, once a cause", () => {
    const anonymous = onAll("an anonymous client is refused").map((check) =>
      check.listener === "ws" && check.version === 5 ? failed(check, "CONNACK 0 (accepted)") : check,
    );
    const unknown = onAll("an unknown user is refused").map((check) =>
      check.listener === "wss" ? failed(check, "CONNACK 0 (accepted)") : check,
    );
    expect(renderReport(proofOf([...anonymous, ...unknown]), { colour: false })).toMatchInlineSnapshot(`
      "Log-in                               mqtt  mqtts     ws    wss
        an anonymous client is refused        ✓      ✓      ✗      ✓
        an unknown user is refused            ✓      ✓      ✓      ✗

      Failed
        ✗ Log-in: an anonymous client is refused (ws; MQTT 5)
        ✗ Log-in: an unknown user is refused (wss; MQTT 3.1.1, MQTT 5)
            expected  CONNACK 5 (not authorized)
            seen      CONNACK 0 (accepted)

      13 checks proved, 3 failed in 2.1 s against naboom-mqtt-dev-broker"
    `);
  });

  it("tells why a check is not applicable, for which users, and never shows it as proved", () => {
    const checks = ["reader", "writer"].flatMap((user) =>
      onAll("an allowed publish arrives", ["mqtt"]).map(
        (check): Check => ({
          ...check,
          user,
          outcome: "not applicable",
          reason: "nobody would hear it",
        }),
      ),
    );
    expect(renderReport(proofOf([certificate, ...checks]), { colour: false })).toMatchInlineSnapshot(`
      "Certificates
        it is valid                       ✓

      Log-in                           mqtt
        an allowed publish arrives        –

      Not applicable
        – Log-in: an allowed publish arrives (mqtt; MQTT 3.1.1, MQTT 5; reader, writer)
            nobody would hear it

      1 check proved, 4 not applicable in 2.1 s against naboom-mqtt-dev-broker"
    `);
  });

  it("stays readable when everything fails for many causes", () => {
    const checks = Array.from({ length: 100 }, (_, index) => failed(certificate, `cause ${index}`));
    const lines = renderReport(proofOf(checks), { colour: false }).split("\n");
    expect(lines.length).toBeLessThan(50);
    expect(lines).toContain("  and 88 more, all listed by: npm run smoke -- --json");
    expect(renderReport(proofOf(checks, "prod"), { colour: false })).toContain(
      "  and 88 more, all listed by: npm run smoke -- --stack prod --json\n",
    );
  });

  it("stays readable where very many users are concerned", () => {
    const checks = Array.from({ length: 2_000 }, (_, index): Check => {
      const place = { user: `user-${index % 200}`, rule: `read a/${index % 200}/#`, listener: "ws" as const };
      return { ...failed(certificate, "none"), ...place };
    });
    const text = renderReport(proofOf([...checks, ...onAll("it holds")]), { colour: false });
    expect(text).toContain(
      "(ws; user-0, user-1, user-2, user-3 and 196 more users; rule read a/0/#, read a/1/# and 198 more rules)",
    );
    expect(text).toContain("8 checks proved, 2,000 failed");
    expect(text.split("\n").length).toBeLessThan(20);
  });

  it("takes failures for one cause that differ in the name of a scratch topic only", () => {
    const checks = ["smoke-0123456789ab", "smoke-ba9876543210"].map((topic) => failed(certificate, topic));
    expect(renderReport(proofOf(checks), { colour: false }).match(/seen/g)).toHaveLength(1);
  });

  it("is coloured where asked for, and says the same", () => {
    const proof = proofOf(onAll("it holds"));
    const coloured = renderReport(proof, { colour: true });
    expect(coloured).toContain("\u001b[");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours begin with one.
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(renderReport(proof, { colour: false }));
  });

  it("says of a sample of users how many were asked about, and how all are proved", () => {
    const proof = { ...proofOf([certificate]), asked: { users: 8, of: 1_000 } };
    const line =
      "The running broker was asked about 8 of 1,000 users, another choice each time; about all, on a twin: ";
    expect(renderReport(proof, { colour: false })).toContain(`${line}npm run smoke -- --all`);
    const few = { ...proofOf([certificate]), asked: { users: 3, of: 3 } };
    expect(renderReport(few, { colour: false })).not.toContain("was asked about");
  });
});
