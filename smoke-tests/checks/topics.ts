import { ages } from "./ages.ts";
import { certificates } from "./certificates.ts";
import type { Topic } from "./check-list.ts";
import { clientIds } from "./client-ids.ts";
import { limits } from "./limits.ts";
import { logIn } from "./log-in.ts";
import { messages } from "./messages.ts";
import { origins } from "./origins.ts";
import { reservedTopics } from "./reserved-topics.ts";
import { transportSecurity } from "./transport-security.ts";

/** What is proved of a twin, which has no clients but the proof's. */
export const topicsOfTwin: readonly Topic[] = Object.freeze([
  logIn,
  clientIds,
  origins,
  reservedTopics,
  messages,
  limits,
  transportSecurity,
  certificates,
]);

/** What is proved of the broker that runs: nothing that a client could notice. */
export const topicsOfRunningBroker: readonly Topic[] = Object.freeze([
  logIn,
  origins,
  transportSecurity,
  certificates,
  ages,
]);
