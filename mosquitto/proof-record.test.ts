import { describe, expect, it } from "vitest";
import { healthcheckAccount } from "./healthcheck.ts";
import {
  describeProof,
  isSameGround,
  type Proved,
  proofId,
  readProofRecord,
  unproved,
  writeProofRecord,
} from "./proof-record.ts";

const KEY = "a secret of the stack";
const IMAGE = "sha256:1";

const acl = "user web\ntopic read a/#\n\nuser service\ntopic write a/#\n\npattern read c/%u\n";

const contents: Readonly<Record<string, string>> = {
  "mosquitto.conf": "listener 1883\n",
  "passwd-mqtt": "web:$7$1\nservice:$7$2\n",
  "passwd-internal": `${healthcheckAccount.name}:$7$3\n`,
  acl,
  "server.crt": "certificate",
};

function proved(changed: Readonly<Record<string, string>> = {}, image = IMAGE): Proved {
  const files = Object.entries({ ...contents, ...changed }).map(([name, content]) => ({
    ...{ name, content },
    permissions: "0600" as const,
  }));
  return describeProof({ id: "0123456789abcdef", files }, image);
}

describe("what a proof of a revision covers", () => {
  it("is nobody's rights or passwords where nothing of them has changed, whatever the certificate is", () => {
    const now = proved({ "server.crt": "another", "passwd-internal": `${healthcheckAccount.name}:$7$4\n` });
    expect(unproved(now, proved())).toEqual([]);
  });

  it.each([
    ["a right", { acl: acl.replace("topic read a/#", "topic readwrite a/#") }],
    ["a password", { "passwd-mqtt": "web:$7$9\nservice:$7$2\n" }],
    ["a listener", { "passwd-wss": "web:$7$1\n" }],
  ])("lacks the one name of whom %s has changed", (_, changed) => {
    expect(unproved(proved(changed), proved())).toEqual(["web"]);
  });

  it("lacks a name that is new", () => {
    const now = proved({ acl: `${acl}\nuser guest\ntopic read b\n` });
    expect(unproved(now, proved())).toEqual(["guest"]);
  });

  it.each([
    ["the configuration", proved({ "mosquitto.conf": "listener 1884\n" })],
    ["a rule for everyone", proved({ acl: acl.replace("c/%u", "c/#") })],
    ["the authority of clients' certificates", proved({ "client-ca.crt": "CA" })],
    ["the image", proved({}, "sha256:2")],
    ["the meaning of a proof", { ...proved(), version: 0 }],
  ])("lacks every name where %s has changed", (_, now) => {
    expect(isSameGround(now, proved())).toBe(false);
    expect(unproved(now, proved())).toEqual(["web", "service"]);
  });

  it("lacks every name where nothing was proved before", () => {
    expect(unproved(proved(), undefined)).toEqual(["web", "service"]);
  });
});

describe("the record of a proof", () => {
  it("is read as it was written, by whoever has the key", () => {
    expect(readProofRecord(writeProofRecord(proved(), KEY), KEY)).toEqual(proved());
  });

  it.each([
    ["another key", writeProofRecord(proved(), "another")],
    ["another revision", writeProofRecord(proved(), KEY).replace("0123456789abcdef", "fedcba9876543210")],
    ["another image", writeProofRecord(proved(), KEY).replace(IMAGE, "sha256:2")],
    ["no code", JSON.stringify({ proved: JSON.stringify(proved()) })],
    ["a code that is too short", JSON.stringify({ code: "a", proved: JSON.stringify(proved()) })],
    ["no JSON", "{"],
    ["null", "null"],
  ])("counts for nothing with %s", (_, text) => {
    expect(readProofRecord(text, KEY)).toBeUndefined();
  });

  it("has another id for each revision, image and key", () => {
    const ids = [
      proofId(proved(), KEY),
      proofId({ ...proved(), revision: "fedcba9876543210" }, KEY),
      proofId(proved({}, "sha256:2"), KEY),
      proofId(proved(), "another"),
    ];
    expect(new Set(ids).size).toBe(4);
    expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  });
});
