import type { UserAccess } from "../mosquitto/acl.ts";
import {
  forbiddenToRead,
  forbiddenToWrite,
  mayRead,
  mayWrite,
  openRoute,
  type Route,
  scratchTopics,
} from "./access.ts";
import { type CheckOptions, checkEverywhere, notApplicable, type Site } from "./check.ts";
import type { Client } from "./client.ts";
import { demand } from "./expectation.ts";
import { codeName, codes } from "./reason-codes.ts";
import { listenersFor, othersThan, scratchName, users } from "./stack.ts";

/** The broker's own topic that is always there: a retained message, written by the broker itself. */
const VERSION_TOPIC = "$SYS/broker/version";

const EVERYTHING_WRITTEN = "the rules let the user write to every topic";

const NO_CONTROL = "no rule with a wildcard lets anybody reach the user, and silence alone proves nothing";

type RightsCheck = (site: Site, user: UserAccess) => Promise<void>;

checkRights("an allowed publish arrives", async (site, user) => {
  const route = openRoute([user], [user, ...othersThan(user)], site.level);
  if (route === undefined) notApplicable("no rule with a wildcard lets the user reach anybody");
  await demandDelivery(site, route);
});

checkRights("an allowed read is served", async (site, user) => {
  const route = openRoute([...othersThan(user), user], [user], site.level);
  if (route === undefined) notApplicable("no rule with a wildcard lets anybody reach the user");
  await demandDelivery(site, route);
});

checkRights("a denied publish does not arrive", demandNoPublish);

checkRights("a denied publish is answered with 0x87", demandDenial, { versions: [5] });

checkRights("a denied read does not arrive", demandNoRead);

checkRights("a denied will is not sent, an allowed one is", demandNoWill);

/** Makes a check for each user. */
function checkRights(name: string, body: RightsCheck, options: CheckOptions = {}): void {
  for (const user of users) {
    checkEverywhere("Rights", name, (site) => body(site, user), {
      user: user.name,
      listeners: listenersFor(user),
      ...options,
    });
  }
}

async function demandDelivery(site: Site, { writer, reader, topic }: Route): Promise<void> {
  const [from, to] = await Promise.all([site.logIn(writer), site.logIn(reader)]);
  await to.subscribe([topic]);
  await from.publishAllowed(topic, site.level);
  const { payload } = await to.arrival(topic);
  demand(
    payload.equals(Buffer.from(site.level)),
    `the payload ${site.level}`,
    `other ${payload.length} bytes`,
  );
}

/** The denied message goes first; once the control that was sent after it has come, its absence is proved. */
async function demandNoPublish(site: Site, user: UserAccess): Promise<void> {
  const ways = forbiddenToWrite(user, [user, ...othersThan(user)], site.level);
  if (ways.length === 0) notApplicable(EVERYTHING_WRITTEN);
  const denied = ways.find(({ reader }) => controlTo(site, reader, user) !== undefined);
  const control = denied && controlTo(site, denied.reader, user);
  if (denied === undefined || control === undefined) notApplicable(NO_CONTROL);
  const [from, to] = await Promise.all([site.logIn(user), site.logIn(denied.reader)]);
  await to.subscribe([denied.topic, control.topic]);
  await from.publish(denied.topic, "denied");
  await send(site, control, user, from);
  await to.arrival(control.topic);
  to.demandSilence(denied.topic);
}

/** MQTT 5, 3.4.2.1 and 3.5.2.1: PUBACK and PUBREC carry the reason; an allowed publish follows as the control. */
async function demandDenial(site: Site, user: UserAccess): Promise<void> {
  const [denied] = forbiddenToWrite(user, [user, ...othersThan(user)], site.level);
  if (denied === undefined) notApplicable(EVERYTHING_WRITTEN);
  const from = await site.logIn(user);
  for (const qos of [1, 2] as const) {
    const code = await from.publish(denied.topic, "denied", { qos });
    demand(
      code === codes[5].notAuthorized,
      `a QoS ${qos} publish to ${denied.topic} to be answered with ${codeName(5, codes[5].notAuthorized)}`,
      codeName(5, code),
    );
  }
  const allowed = scratchTopics([user], site.level).find((topic) => mayWrite(user.rules, topic));
  if (allowed !== undefined) await from.publishAllowed(allowed, "control");
}

/**
 * The same for a read, by the filter itself and by a shared subscription to it. A user that nobody may reach has
 * another one as a witness that the message was sent.
 */
async function demandNoRead(site: Site, user: UserAccess): Promise<void> {
  const denied = forbiddenToRead(user, [user, ...othersThan(user)], site.level);
  const control = controlTo(site, user, denied?.writer ?? user);
  if (denied === undefined) return demandNoVersion(site, user, control);
  const { writer, witness, topic } = denied;
  if (control === undefined && witness === undefined) notApplicable(NO_CONTROL);
  const [from, to] = await Promise.all([site.logIn(writer), site.logIn(user)]);
  await to.subscribe([topic, `$share/${site.level}/${topic}`, ...(control ? [control.topic] : [])]);
  const seen = witness && (await site.logIn(witness));
  await seen?.subscribe([topic]);
  await from.publishAllowed(topic, "denied");
  await seen?.arrival(topic);
  if (control) {
    await send(site, control, writer, from);
    await to.arrival(control.topic);
  } else {
    await to.ping();
  }
  to.demandSilence(topic);
}

/** Where no user may write what this one may not read, the broker's own retained message stands in. */
async function demandNoVersion(site: Site, user: UserAccess, control: Route | undefined): Promise<void> {
  if (mayRead(user.rules, VERSION_TOPIC)) notApplicable("the rules let the user read all that is written");
  if (control === undefined) notApplicable(NO_CONTROL);
  const to = await site.logIn(user);
  await to.subscribe([VERSION_TOPIC, control.topic]);
  await send(site, control, user, to);
  await to.arrival(control.topic);
  to.demandSilence(VERSION_TOPIC);
}

/**
 * A client that takes over another's client id ends it, and the broker sends the ended one's will before it
 * lets the new one in; so the order of the two wills is certain.
 */
async function demandNoWill(site: Site, user: UserAccess): Promise<void> {
  const ways = forbiddenToWrite(user, [user, ...othersThan(user)], site.level);
  if (ways.length === 0) notApplicable(EVERYTHING_WRITTEN);
  const allowedTo = (reader: UserAccess) => openRoute([user], [reader], `${site.level}-control`);
  const denied = ways.find(({ reader }) => allowedTo(reader) !== undefined);
  const allowed = denied && allowedTo(denied.reader);
  if (denied === undefined || allowed === undefined) {
    notApplicable("no rule with a wildcard lets the user reach anybody who would see a denied will");
  }
  const to = await site.logIn(denied.reader);
  await to.subscribe([denied.topic, allowed.topic]);
  const clientId = scratchName();
  await site.logIn(user, { clientId, will: { topic: denied.topic, payload: "denied" } });
  const second = await site.logIn(user, { clientId, will: { topic: allowed.topic, payload: "control" } });
  second.drop();
  await to.arrival(allowed.topic);
  to.demandSilence(denied.topic);
}

/** A way for a message that must come: from the one who sends the denied one, if that may, or from anybody. */
function controlTo(site: Site, reader: UserAccess, sender: UserAccess): Route | undefined {
  return openRoute([sender, ...othersThan(sender)], [reader], `${site.level}-control`);
}

async function send(site: Site, { writer, topic }: Route, user: UserAccess, from: Client): Promise<void> {
  const sender = writer.name === user.name ? from : await site.logIn(writer);
  await sender.publishAllowed(topic, "control");
}
