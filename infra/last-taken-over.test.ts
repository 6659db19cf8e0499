import { describe, expect, it } from "vitest";
import { NO_RECORD } from "../mosquitto/delivery.ts";
import { interpretRecord, readLastTakenOver } from "./last-taken-over.ts";
import { TAKEN_OVER } from "./taken-over.ts";

const last = {
  stack: "prod",
  revisions: "naboom-mqtt-prod-revisions",
  image: "mosquitto:test",
  reload: undefined,
};

const record = JSON.stringify({
  users: { web: { generation: 2, rotation: "replace", overlapSince: 1, retired: 0, rules: "0" } },
  certificates: {
    authorityGeneration: 3,
    authorityInForce: 2,
    serverGeneration: 1,
    renewals: 0,
    serverExpires: "2027-01-01T00:00:00.000Z",
    protectedAuthority: 3,
  },
});

function answer(exitCode: number, stdout = "", stderr = "") {
  return () => interpretRecord(last, { exitCode, stdout, stderr });
}

describe("what the broker was given last", () => {
  it("is what the reload container's label says, without a question to the engine", async () => {
    const labels = { [TAKEN_OVER]: record };
    const reload = {
      id: "1",
      name: "r",
      image: "sha256:1",
      running: false,
      ended: true,
      exitCode: 0,
      startedAt: "",
      labels,
      published: [],
    };
    const told = await readLastTakenOver({ ...last, reload });
    expect(told?.users.web?.generation).toBe(2);
  });

  it("is what the volume has where the container is gone, and nothing where no revision is in force", () => {
    expect(answer(0, `${record}\n`)()?.certificates.protectedAuthority).toBe(3);
    expect(answer(0)()).toBeUndefined();
  });

  it("is refused where a revision is in force and no record is, with a command that accepts the config", () => {
    const refused = answer(NO_RECORD);
    expect(refused).toThrow("the volume naboom-mqtt-prod-revisions has revisions and no record of them");
    expect(refused).toThrow(
      "see that no generation in Pulumi.prod.yaml is lower than it was, and that no entry of clientCertificates.revoked is missing",
    );
    expect(refused).toThrow(
      "docker run --rm --network none --user 0 --entrypoint /bin/sh --volume naboom-mqtt-prod-revisions:/volume " +
        "mosquitto:test -c 'echo null >/volume/taken-over.json' && npm run up -- --stack prod",
    );
    expect(answer(0, "null\n")()).toBeUndefined();
  });

  it("is refused where the record is broken, and where it cannot be read", () => {
    for (const text of ["{", "{}", '{"users":{}}', "[]"]) {
      expect(answer(0, text), text).toThrow("has a record that cannot be read");
    }
    expect(answer(125, "", "docker: no such image\n")).toThrow(
      "(docker: no such image), so nothing was changed",
    );
  });
});
