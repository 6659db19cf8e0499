import { ErrorWithSubackPacket } from "mqtt";
import { expect, test } from "vitest";
import { subscriptionState } from "./subscription.ts";

const grant = (qos: 0 | 1 | 2) => [{ topic: "a/#", qos }];

test.each([0, 1, 2] as const)("a subscription that is granted with QoS %i is granted", (qos) => {
  expect(subscriptionState(null, grant(qos))).toEqual({ kind: "granted" });
});

test("a refusal has the broker's reason", () => {
  const error = new ErrorWithSubackPacket("Subscribe error", {
    cmd: "suback",
    messageId: 1,
    granted: [0x87],
  });
  expect(subscriptionState(error, [])).toEqual({ kind: "refused", why: "not authorised (0x87)" });
});

test("a connection that ends is no answer", () => {
  expect(subscriptionState(new Error("Connection closed"), undefined)).toBeUndefined();
});
