import { expect, it } from "vitest";
import { unreadKeys } from "./config-namespace.ts";

it("are read where they are the project's, its providers' or Pulumi's", () => {
  const keys = ["naboom-mqtt:users", "docker:host", "random:x", "tls:x", "pulumi:tags"];
  expect(unreadKeys(keys, "naboom-mqtt")).toEqual([]);
});

it("are named where nobody reads them, with what is not seen in them", () => {
  expect(unreadKeys(["naboom-mqt:users", "naboom-mqtt\u200b:users"], "naboom-mqtt")).toEqual([
    "naboom-mqt:users is read by nobody; keys begin with naboom-mqtt: or docker: or random: or tls: or pulumi:; naboom-mqtt: is near",
    "naboom-mqtt\\u200b:users is read by nobody; keys begin with naboom-mqtt: or docker: or random: or tls: or pulumi:; naboom-mqtt: is near",
  ]);
});
