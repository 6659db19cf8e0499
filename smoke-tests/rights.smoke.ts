import type { UserAccess } from "../mosquitto/acl.ts";
import { forbiddenToRead, forbiddenToWrite, mayRead, openRoute, openRoutes, type Route } from "./access.ts";
import { checkRepresentatives, notApplicable, type Site } from "./check.ts";
import type { Client } from "./client.ts";
import { demand } from "./expectation.ts";
import { scratchName } from "./scratch-name.ts";
import { othersThan } from "./stack.ts";

/** The broker's own topic that is always there: a retained message, written by the broker itself. */
const VERSION_TOPIC = "$SYS/broker/version";

const EVERYTHING_WRITTEN = "the rules let the user write to every topic";

const NO_CONTROL = "no rule with a wildcard lets anybody reach the user, and silence alone proves nothing";

type RightsCheck = (site: Site, user: UserAccess) => Promise<void>;

checkRights("an allowed publish arrives", async (site, user) => {
  const routes = openRoutes([user], [user, ...othersThan(user)], site.level);
  if (routes.length === 0) notApplicable("no rule with a wildcard lets the user reach anybody");
  await demandDelivery(site, routes);
});

checkRights("an allowed read is served", async (site, user) => {
  const routes = openRoutes([...othersThan(user), user], [user], site.level);
  if (routes.length === 0) notApplicable("no rule with a wildcard lets anybody reach the user");
  await demandDelivery(site, routes);
});

checkRights("a denied publish does not arrive", demandNoPublish);

checkRights("a denied read does not arrive", demandNoRead);

checkRights("a denied will is not sent, an allowed one is", demandNoWill);

/** Makes a check on each listener, with MQTT 3.1.1: the matrix tries all users, with MQTT 5. */
function checkRights(name: string, body: RightsCheck): void {
  checkRepresentatives("Rights", name, body, { versions: [4] });
}

/** Each message arrives at its reader. */
async function demandDelivery(site: Site, routes: readonly Route[]): Promise<void> {
  const senders = new Clients(site);
  const readers = new Clients(site);
  for (const { writer, reader, topic } of routes) {
    const to = await readers.of(reader);
    await to.subscribe([topic]);
    const from = await senders.of(writer);
    await from.publishAllowed(topic, site.level);
    const { payload } = await to.arrival(topic);
    demand(payload.equals(Buffer.from(site.level)), `the payload ${site.level}`, "another payload");
  }
}

/** The denied messages go first; once the control that was sent after them has come, their absence is proved. */
async function demandNoPublish(site: Site, user: UserAccess): Promise<void> {
  const forbidden = forbiddenToWrite(user, othersThan(user), site.level);
  if (forbidden.length === 0) notApplicable(EVERYTHING_WRITTEN);
  const watched = forbidden.flatMap(({ topic, readers }) => {
    const reader = readers.find((each) => controlTo(site, each, user) !== undefined);
    return reader === undefined ? [] : [{ topic, reader }];
  });
  if (watched.length === 0) notApplicable(NO_CONTROL);
  const readers = new Clients(site);
  for (const { topic, reader } of watched) await (await readers.of(reader)).subscribe([topic]);
  const from = await site.logIn(user);
  await Promise.all(watched.map(({ topic }) => from.publish(topic, "denied")));
  for (const { topic, reader } of watched) {
    const to = await readers.of(reader);
    await demandControl(site, controlTo(site, reader, user), { from, user, to });
    to.demandSilence(topic);
  }
}

/**
 * The same for reads, by the filter itself and by a shared subscription to it. A user that nobody may reach has
 * another one as a witness that the message was sent.
 */
async function demandNoRead(site: Site, user: UserAccess): Promise<void> {
  const control = controlTo(site, user, user);
  const all = forbiddenToRead(user, othersThan(user), site.level);
  if (all.length === 0) return demandNoVersion(site, user, control);
  const forbidden = control ? all : all.filter(({ witness }) => witness !== undefined);
  if (forbidden.length === 0) notApplicable(NO_CONTROL);
  const [senders, witnesses] = [new Clients(site), new Clients(site)];
  const to = await site.logIn(user);
  for (const { writer, topic, witness } of forbidden) {
    await to.subscribe([topic, `$share/${site.level}/${topic}`]);
    const seen = witness && (await witnesses.of(witness));
    await seen?.subscribe([topic]);
    await (await senders.of(writer)).publishAllowed(topic, "denied");
    await seen?.arrival(topic);
  }
  if (control) await demandControl(site, control, { from: to, user, to });
  else await to.ping();
  for (const { topic } of forbidden) to.demandSilence(topic);
}

/** Where no user may write what this one may not read, the broker's own retained message stands in. */
async function demandNoVersion(site: Site, user: UserAccess, control: Route | undefined): Promise<void> {
  if (mayRead(user.rules, VERSION_TOPIC)) notApplicable("the rules let the user read all that is written");
  if (control === undefined) notApplicable(NO_CONTROL);
  const to = await site.logIn(user);
  await to.subscribe([VERSION_TOPIC]);
  await demandControl(site, control, { from: to, user, to });
  to.demandSilence(VERSION_TOPIC);
}

/**
 * A client that takes over another's client id ends it, and the broker sends the ended one's will before it
 * lets the new one in; so the order of the two wills is certain.
 */
async function demandNoWill(site: Site, user: UserAccess): Promise<void> {
  const forbidden = forbiddenToWrite(user, othersThan(user), site.level);
  if (forbidden.length === 0) notApplicable(EVERYTHING_WRITTEN);
  const ways = forbidden.flatMap(({ topic, readers }) =>
    readers.map((reader) => ({
      topic,
      reader,
      allowed: openRoute([user], [reader], `${site.level}-control`),
    })),
  );
  const way = ways.find(({ allowed }) => allowed !== undefined);
  if (way?.allowed === undefined) {
    notApplicable("no rule with a wildcard lets the user reach anybody who would see a denied will");
  }
  const { topic, reader, allowed } = way;
  const to = await site.logIn(reader);
  await to.subscribe([topic, allowed.topic]);
  const clientId = scratchName();
  await site.logIn(user, { clientId, will: { topic, payload: "denied" } });
  const second = await site.logIn(user, { clientId, will: { topic: allowed.topic, payload: "control" } });
  second.drop();
  await to.arrival(allowed.topic);
  to.demandSilence(topic);
}

/** A way for a message that must come: from the one who sends the denied one, if that may, or from anybody. */
function controlTo(site: Site, reader: UserAccess, sender: UserAccess): Route | undefined {
  return openRoute([sender, ...othersThan(sender)], [reader], `${site.level}-control`);
}

interface Control {
  /** The connection that the denied message was sent on, and whose it is. */
  readonly from: Client;
  readonly user: UserAccess;
  /** The subscriber that has to get it. */
  readonly to: Client;
}

/** Sends a message that must come after those that must not, and waits for it. */
async function demandControl(
  site: Site,
  route: Route | undefined,
  { from, user, to }: Control,
): Promise<void> {
  if (route === undefined) return notApplicable(NO_CONTROL);
  const { writer, topic } = route;
  await to.subscribe([topic]);
  const sender = writer.name === user.name ? from : await site.logIn(writer);
  await sender.publishAllowed(topic, site.level);
  await to.arrival(topic);
}

/** One client for each user, logged in when it is first asked for. */
class Clients {
  readonly #site: Site;
  readonly #clients = new Map<string, Promise<Client>>();

  constructor(site: Site) {
    this.#site = site;
  }

  of(user: UserAccess): Promise<Client> {
    const client = this.#clients.get(user.name) ?? this.#site.logIn(user);
    this.#clients.set(user.name, client);
    return client;
  }
}
