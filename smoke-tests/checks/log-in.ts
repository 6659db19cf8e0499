import { listenerIn } from "../../mosquitto/listener.ts";
import { connackCode } from "../client.ts";
import { CLOSED } from "../endpoint.ts";
import { demand } from "../expectation.ts";
import { codeName, codes } from "../reason-codes.ts";
import { scratchName } from "../scratch-name.ts";
import type { CheckList } from "./check-list.ts";
import { notApplicable } from "./not-applicable.ts";
import type { Site } from "./site.ts";

const SUBJECT = "Log-in";

/** Who is let in and who is not, with the exact code (MQTT 3.1.1, 3.2.2.3; MQTT 5, 3.2.2.2). */
export function logIn(checks: CheckList): void {
  const refused = (name: string, who: (site: Site) => Credential) =>
    checks.everywhere(SUBJECT, name, async (site) => demandAnswer(site, "notAuthorized", who(site)));

  refused("an anonymous client is refused", () => ({}));
  refused("an unknown user is refused", (site) => ({ ...known(site), username: scratchName() }));
  refused("a wrong password is refused", (site) => ({ ...known(site), password: scratchName() }));
  refused("a password short of its last character is refused", (site) => {
    const { username, password } = known(site);
    return { username, password: password.slice(0, -1) };
  });
  refused("a password in another case is refused", (site) => {
    const { username, password } = known(site);
    const other = inAnotherCase(password);
    if (other === password) notApplicable(`${username}'s password has no letters that come in two cases`);
    return { username, password: other };
  });
  refused("an empty password is refused", (site) => ({ ...known(site), password: "" }));
  refused("a user name without a password is refused", (site) => ({ username: known(site).username }));
  refused("a user name in another case is refused", (site) => {
    const { username, password } = known(site);
    const other = inAnotherCase(username);
    if (other === username) notApplicable(`${username} has no letters that come in two cases`);
    if (Object.hasOwn(site.stack.outputs.users, other)) notApplicable(`${other} is a user too`);
    return { username: other, password };
  });
  refused("another user's password is refused", (site) => {
    const { username, password } = known(site);
    const others = site.stack.users.map(({ name }) => site.stack.credentialOf(name));
    const other = others.find((each) => each.password !== password);
    if (other === undefined) notApplicable(`${username} is the only user`);
    return { username, password: other.password };
  });

  checks.representatives(SUBJECT, "the right password is taken", (site, user) =>
    demandAnswer(site, "accepted", site.stack.credentialOf(user.name)),
  );
}

interface Credential {
  readonly username?: string;
  readonly password?: string;
}

async function demandAnswer(
  { stack, listener, version }: Site,
  wanted: keyof (typeof codes)[4],
  who: Credential,
): Promise<void> {
  const { clientCertificates } = listenerIn(stack.outputs.listeners, listener);
  if (clientCertificates === "identity" && wanted !== "accepted") {
    notApplicable("the certificate is the identity on this listener, so no name or password is looked at");
  }
  if (stack.isClosed(listener)) notApplicable(CLOSED);
  const answer = await connackCode(stack.endpoint(listener), { version, clientId: scratchName(), ...who });
  const expected = codes[version][wanted];
  demand(
    answer === expected,
    `CONNACK ${codeName(version, expected)}`,
    `CONNACK ${codeName(version, answer)}`,
  );
}

/** The credential of a user that may log in on the listener. */
function known({ stack, user }: Site): Required<Credential> {
  return stack.credentialOf(user.name);
}

function inAnotherCase(text: string): string {
  const upper = text.toUpperCase();
  return upper === text ? text.toLowerCase() : upper;
}
