import { afterAll } from "vitest";
import { listenerIn } from "../mosquitto/listener.ts";
import {
  checkEverywhere,
  checkRepresentatives,
  lastCheck,
  notApplicable,
  type Site,
  userOf,
} from "./check.ts";
import { connackCode } from "./client.ts";
import { CLOSED } from "./endpoint.ts";
import { demand } from "./expectation.ts";
import { codeName, codes } from "./reason-codes.ts";
import { demandNoResidue, leavesSession, removeResidue } from "./residue.ts";
import { scratchName } from "./scratch-name.ts";
import { credentialOf, endpoint, isClosed, outputs, type StackUser, users } from "./stack.ts";

const SUBJECT = "Log-in";

type Code = keyof (typeof codes)[4];

/** Demands the exact code of the CONNACK (MQTT 3.1.1, 3.2.2.3; MQTT 5, 3.2.2.2). */
async function demandAnswer(
  { listener, version }: Site,
  wanted: Code,
  who: { username?: string; password?: string },
): Promise<void> {
  if (listenerIn(outputs.listeners, listener).clientCertificates === "identity" && wanted !== "accepted") {
    notApplicable("the certificate is the identity on this listener, so no name or password is looked at");
  }
  if (isClosed(listener)) notApplicable(CLOSED);
  const answer = await connackCode(endpoint(listener), { version, clientId: scratchName(), ...who });
  const expected = codes[version][wanted];
  demand(
    answer === expected,
    `CONNACK ${codeName(version, expected)}`,
    `CONNACK ${codeName(version, answer)}`,
  );
}

checkEverywhere(SUBJECT, "an anonymous client is refused", (site) => demandAnswer(site, "notAuthorized", {}));

checkEverywhere(SUBJECT, "an unknown user is refused", (site) =>
  demandAnswer(site, "notAuthorized", { username: scratchName(), password: someCredential(site).password }),
);

checkEverywhere(SUBJECT, "a wrong password is refused", (site) =>
  demandAnswer(site, "notAuthorized", { ...someCredential(site), password: scratchName() }),
);

checkEverywhere(SUBJECT, "a password short of its last character is refused", (site) => {
  const { username, password } = someCredential(site);
  return demandAnswer(site, "notAuthorized", { username, password: password.slice(0, -1) });
});

checkEverywhere(SUBJECT, "a password in another case is refused", async (site) => {
  const { username, password } = someCredential(site);
  const other = inAnotherCase(password);
  if (other === password) notApplicable(`${username}'s password has no letters that come in two cases`);
  await demandAnswer(site, "notAuthorized", { username, password: other });
});

checkEverywhere(SUBJECT, "an empty password is refused", (site) =>
  demandAnswer(site, "notAuthorized", { ...someCredential(site), password: "" }),
);

checkEverywhere(SUBJECT, "a user name without a password is refused", (site) =>
  demandAnswer(site, "notAuthorized", { username: someCredential(site).username }),
);

checkEverywhere(SUBJECT, "a user name in another case is refused", async (site) => {
  const { username, password } = someCredential(site);
  const other = inAnotherCase(username);
  if (other === username) notApplicable(`${username} has no letters that come in two cases`);
  if (other in outputs.users) notApplicable(`${other} is a user too`);
  await demandAnswer(site, "notAuthorized", { username: other, password });
});

checkEverywhere(SUBJECT, "another user's password is refused", async (site) => {
  const { username, password } = someCredential(site);
  const other = users.map((user) => credentialOf(user.name)).find((each) => each.password !== password);
  if (other === undefined) notApplicable(`${username} is the only user`);
  await demandAnswer(site, "notAuthorized", { username, password: other.password });
});

checkRepresentatives(SUBJECT, "the right password is taken", (site, user) =>
  demandAnswer(site, "accepted", credentialOf(user.name)),
);

/** The credential of a user that may log in on the listener. */
function someCredential({ listener }: Site): { readonly username: string; readonly password: string } {
  return credentialOf(userOf(listener).name);
}

function inAnotherCase(text: string): string {
  const upper = text.toUpperCase();
  return upper === text ? text.toLowerCase() : upper;
}

const NO_TAKEOVER = "another user that asks for its client's id neither ends it nor gets its session";

checkRepresentatives(SUBJECT, NO_TAKEOVER, demandNoTakeover);

// And once for each role, or set of roles, whoever has it.
const byRole = new Map(users.map((user) => [outputs.users[user.name]?.roles.toSorted().join(), user]));
for (const user of byRole.values()) {
  checkEverywhere(SUBJECT, NO_TAKEOVER, (site) => demandNoTakeover(site, user), {
    listeners: user.listeners.slice(0, 1),
    versions: [5],
    user: user.name,
  });
}

async function demandNoTakeover(site: Site, user: StackUser): Promise<void> {
  if (outputs.clientIds === "free") {
    notApplicable(
      "client ids are free, so any user can take another's over; naboom-mqtt:clientIds own forbids it",
    );
  }
  const other = users.find(({ name }) => name !== user.name);
  if (other === undefined) notApplicable(`${user.name} is the only user`);
  const session = { clientId: scratchName(), clean: false, sessionSeconds: 60 };
  leavesSession({ listener: site.listener, user: user.name, clientId: session.clientId });
  const client = await site.logIn(user, session);
  // The id that the client has, and the one that it asked for, which would be its own were they free.
  for (const clientId of [client.account, session.clientId]) {
    leavesSession({ listener: site.listener, user: other.name, clientId });
    const newcomer = await site.logIn(other, { clientId, clean: false });
    demand(!newcomer.connack.sessionPresent, "a session of its own", "the other user's");
    await client.ping();
  }
}

lastCheck("no session of these checks is left on the broker", { subject: SUBJECT }, async () => {
  await removeResidue();
  await demandNoResidue();
});

afterAll(removeResidue);
