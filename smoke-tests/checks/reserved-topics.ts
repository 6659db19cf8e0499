import type { UserAccess } from "../../mosquitto/acl.ts";
import type { Client } from "../client.ts";
import { demand } from "../expectation.ts";
import { mayRead, mayWrite, openRoute } from "../policy/route.ts";
import { codeName, codes } from "../reason-codes.ts";
import type { CheckList } from "./check-list.ts";
import { notApplicable } from "./not-applicable.ts";
import type { Site } from "./site.ts";

const SUBJECT = "Reserved topics";

/** Among them retained ones that the broker always has, by wildcard and by name. */
const SYS_FILTERS = ["$SYS/#", "$SYS/broker/version", "$SYS/+/version"];

/** Where plugins of Mosquitto take orders. */
const CONTROL_TOPIC = "$CONTROL/dynamic-security/v1";

/** Whether the broker's own topics are closed to whoever has no rule for them. */
export function reservedTopics(checks: CheckList): void {
  checks.representatives(SUBJECT, "$SYS is closed to reading", (site, user) =>
    demandClosed(site, user, "$SYS/", SYS_FILTERS),
  );

  checks.representatives(SUBJECT, "$SYS is closed to writing", async (site, user) => {
    const topic = `$SYS/${site.level}`;
    if (mayWrite(user.rules, topic)) notApplicable("the rules let the user write to $SYS");
    await demandClosed(site, user, topic, [topic], topic);
  });

  checks.representatives(SUBJECT, "$CONTROL is closed to reading and writing", async (site, user) => {
    if (mayWrite(user.rules, CONTROL_TOPIC)) notApplicable("the rules let the user write to $CONTROL");
    await demandClosed(site, user, "$CONTROL/", ["$CONTROL/#", CONTROL_TOPIC], CONTROL_TOPIC);
  });
}

/**
 * Subscribes below a prefix, publishes there too where told so, and demands that nothing comes from there but
 * what the user's own rules allow, by the time that a later message has come.
 */
async function demandClosed(
  site: Site,
  user: UserAccess,
  prefix: string,
  filters: readonly string[],
  target?: string,
): Promise<void> {
  const control = openRoute([user, ...site.stack.othersThan(user)], [user], `${site.level}-control`);
  // A publish is answered with a reason in MQTT 5, which is proof enough.
  if (control === undefined && (target === undefined || site.version === 4)) {
    notApplicable("no rule with a wildcard lets anybody reach the user, and silence alone proves nothing");
  }
  const client = await site.logIn(user);
  await client.subscribe([...filters, ...(control ? [control.topic] : [])]);
  if (target !== undefined) await demandRefusal(site, client, target);
  if (control === undefined) return;
  const sender = control.writer.name === user.name ? client : await site.logIn(control.writer);
  await sender.publishAllowed(control.topic, "control");
  await client.arrival(control.topic);
  const leaked = client.received
    .map(({ topic }) => topic)
    .filter((topic) => topic.startsWith(prefix) && !mayRead(user.rules, topic));
  const seen = `${leaked.length} messages, such as on ${leaked.slice(0, 3).join(", ")}`;
  demand(leaked.length === 0, `nothing below ${prefix} that no rule allows`, seen);
}

/** MQTT 3.1.1 has no answer that tells a refused publish from another. */
async function demandRefusal({ version }: Site, client: Client, topic: string): Promise<void> {
  const code = await client.publish(topic, "denied");
  const wanted = version === 5 ? codes[5].notAuthorized : codes[4].accepted;
  const expected = `the publish to ${topic} to be answered with ${codeName(version, wanted)}`;
  demand(code === wanted, expected, codeName(version, code));
}
