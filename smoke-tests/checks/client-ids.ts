import { demand } from "../expectation.ts";
import { scratchName } from "../scratch-name.ts";
import type { CheckList } from "./check-list.ts";
import { notApplicable } from "./not-applicable.ts";
import { Residue } from "./residue.ts";
import type { Site } from "./site.ts";
import type { StackUser } from "./stack-view.ts";

const SUBJECT = "Log-in";

const NO_TAKEOVER = "another user that asks for its client's id neither ends it nor gets its session";

/** Whether a user can take another's client over (MQTT 5, 3.1.4-3). */
export function clientIds(checks: CheckList): void {
  const { users, outputs } = checks.stack;
  const residue = new Residue(checks.stack);
  checks.representatives(SUBJECT, NO_TAKEOVER, (site, user) => demandNoTakeover(site, user, residue));

  // And once for each role, or set of roles, whoever has it.
  const byRole = new Map(users.map((user) => [outputs.users[user.name]?.roles.toSorted().join(), user]));
  for (const user of byRole.values()) {
    checks.everywhere(SUBJECT, NO_TAKEOVER, (site) => demandNoTakeover(site, user, residue), {
      listeners: user.listeners.slice(0, 1),
      versions: [5],
      user: user.name,
    });
  }

  checks.addLast("no session of these checks is left on the broker", { subject: SUBJECT }, () =>
    residue.demandNone(),
  );
}

async function demandNoTakeover(site: Site, user: StackUser, residue: Residue): Promise<void> {
  const { stack, listener } = site;
  if (stack.outputs.clientIds === "free") {
    notApplicable(
      "client ids are free, so any user can take another's over; naboom-mqtt:clientIds own forbids it",
    );
  }
  const other = stack.users.find(({ name }) => name !== user.name);
  if (other === undefined) notApplicable(`${user.name} is the only user`);
  const session = { clientId: scratchName(), clean: false, sessionSeconds: 60 };
  residue.leavesSession({ listener, user: user.name, clientId: session.clientId });
  const client = await site.logIn(user, session);
  // The id that the client has, and the one that it asked for, which would be its own were they free.
  for (const clientId of [client.account, session.clientId]) {
    residue.leavesSession({ listener, user: other.name, clientId });
    const newcomer = await site.logIn(other, { clientId, clean: false });
    demand(!newcomer.connack.sessionPresent, "a session of its own", "the other user's");
    await client.ping();
  }
}
