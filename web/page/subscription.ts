import type { ISubscriptionGrant, Packet } from "mqtt";
import { reasonOf } from "./reason.ts";

/** How a subscription stands with the broker. */
export type SubscriptionState =
  /** Sent and not answered: what is published by now may not come. */
  | { readonly kind: "asked" }
  | { readonly kind: "granted" }
  | { readonly kind: "refused"; readonly why: string };

/** Reason codes from here on are refusals (MQTT 5, 3.9.3). */
const REFUSALS = 0x80;

/** What the answer to a subscription says; undefined if the connection ended before there was one. */
export function subscriptionState(
  error: Error | null,
  granted: readonly ISubscriptionGrant[] | undefined,
): SubscriptionState | undefined {
  const { packet } = (error ?? {}) as { packet?: Packet };
  const code =
    error === null ? granted?.[0]?.qos : packet?.cmd === "suback" ? Number(packet.granted[0]) : undefined;
  if (code === undefined) return undefined;
  return code < REFUSALS ? { kind: "granted" } : { kind: "refused", why: reasonOf(code) };
}
