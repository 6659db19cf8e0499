import { expect, it } from "vitest";
import { renderAcl, type UserAccess } from "../mosquitto/acl.ts";
import { type DeliveredAccess, undelivered } from "./delivered-access.ts";
import { sampleSettings } from "./sample-settings.ts";

const policy = sampleSettings({
  users: {
    web: { read: ["a"], listeners: ["wss"] },
    fleet: { write: ["b"], rotation: "overlap", generation: 2 },
  },
  patterns: { read: ["d/%c"] },
});
const healthcheck = {
  name: "healthcheck",
  rules: [{ access: "read", filter: "$SYS/broker/version" }],
} as const;
const web = { name: "web", rules: [{ access: "read", filter: "a" }] } as const;
const fleet = [{ access: "write", filter: "b" }] as const;
const users: readonly UserAccess[] = [
  web,
  { name: "fleet-b", rules: fleet },
  { name: "fleet", rules: fleet },
  healthcheck,
];

const delivered: DeliveredAccess = {
  acl: renderAcl({ users, patterns: policy.patterns }),
  accounts: {
    mqtt: ["fleet", "fleet-b"],
    mqtts: ["fleet", "fleet-b", "healthcheck"],
    ws: ["fleet"],
    wss: ["fleet", "web"],
  },
};

it("finds nothing where the broker has what the config says, whatever accounts a rotation left", () => {
  expect(undelivered(policy, delivered)).toEqual([]);
});

it("finds whose rights are others, of a user, of one of its accounts, and of everyone", () => {
  const acl = (sections: readonly UserAccess[], patterns = policy.patterns) =>
    undelivered(policy, { ...delivered, acl: renderAcl({ users: sections, patterns }) });
  expect(acl(users.slice(1))).toEqual(["web"]);
  expect(acl([...users, { name: "gone", rules: fleet }])).toEqual(["gone"]);
  expect(acl([...users, { name: "fleet~connection-2", rules: web.rules }])).toEqual(["fleet"]);
  expect(acl(users, [])).toEqual(["everyone's patterns"]);
});

it("finds who may log in elsewhere", () => {
  const accounts = { ...delivered.accounts, ws: ["fleet", "web"], mqtt: ["fleet-b", "gone"] };
  expect(undelivered(policy, { ...delivered, accounts })).toEqual(["gone", "web"]);
});
