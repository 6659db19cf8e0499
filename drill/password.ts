import { listenerNames } from "../mosquitto/listener.ts";
import { type Client, connect } from "../smoke-tests/client.ts";
import { protocolVersions } from "../smoke-tests/reason-codes.ts";
import { attemptName, type Credential, endpointOf, logIn, REFUSED, TAKEN } from "./attempts.ts";
import { cast } from "./cast.ts";
import { type Claim, claim, claimTurn, momentOfTurn } from "./claim.ts";
import { conclude, type Exercise } from "./exercise.ts";
import type { Ground } from "./ground.ts";

const INBOX = "drill/replaced/inbox";

/** A user gets a new password in place of the old one; its sessions end, and its queued messages stay. */
export const passwordExercise: Exercise = {
  name: "password",
  async run(ground) {
    const old = credentialOf(ground);
    const away = attemptName();
    await leaveQueuedMessage(ground, old, away);
    const live = await open(ground, old, attemptName());

    const outcome = await ground.change({
      to: { passwordGeneration: 2 },
      watches: { old: logIn(ground.outputs, old) },
      trial: (outputs) => logIn(outputs, credentialOf({ outputs }))(),
    });

    const renewed = credentialOf(ground);
    const claims = [
      claim("the password is another one", renewed.password !== old.password, "the same"),
      claimTurn("the old password was taken, then refused for good", outcome.turns.old, TAKEN, REFUSED),
      ...(await claimEverywhere("the old password is refused on every listener", ground, old, REFUSED)),
      ...(await claimEverywhere("the new password is taken on every listener", ground, renewed, TAKEN)),
      await claimDropped(live),
      await claimQueuedMessage(ground, renewed, away),
    ];
    return conclude(outcome, claims, {
      oldRefused: momentOfTurn(outcome.turns.old),
      newTaken: outcome.first?.answer === TAKEN ? outcome.first.at : undefined,
    });
  },
};

/** One claim for each listener where it does not hold, or one that it holds on all four. */
export async function claimEverywhere(
  sentence: string,
  { outputs }: Pick<Ground, "outputs">,
  credential: Credential,
  expected: string,
): Promise<readonly Claim[]> {
  const places = listenerNames.flatMap((listener) =>
    protocolVersions.map((version) => ({ listener, version })),
  );
  const answers = await Promise.all(places.map((place) => logIn(outputs, credential, place)()));
  const others = places.filter((_, index) => answers[index] !== expected);
  const seen = others.map(({ listener, version }) => `${listener} with version ${version}`).join(", ");
  return [claim(sentence, others.length === 0, `not so on ${seen}`)];
}

/** Claims that a client whose credential has ended was disconnected. */
export async function claimDropped(client: Client): Promise<Claim> {
  const dropped = await client.ended("the connection to end").then(
    () => true,
    () => false,
  );
  await client.close();
  return claim("its clients with the old password were disconnected", dropped, "one is still connected");
}

function credentialOf({ outputs }: Pick<Ground, "outputs">): Credential {
  const credential = outputs.credentials[cast.replaced];
  if (credential === undefined) throw new Error(`the outputs have no credential of ${cast.replaced}`);
  return credential;
}

function open(
  { outputs }: Ground,
  credential: Credential,
  clientId: string,
  session: { sessionSeconds?: number; clean?: boolean } = {},
): Promise<Client> {
  return connect(endpointOf(outputs, "mqtts"), { version: 5, clientId, ...credential, ...session });
}

const SESSION = Object.freeze({ sessionSeconds: 600, clean: false });

/** A session whose client is away, and for which a message waits. */
async function leaveQueuedMessage(ground: Ground, credential: Credential, clientId: string): Promise<void> {
  const client = await open(ground, credential, clientId, SESSION);
  await client.subscribe([INBOX]);
  await client.close();
  const other = await open(ground, credential, attemptName());
  await other.publishAllowed(INBOX, "queued");
  await other.close();
}

async function claimQueuedMessage(ground: Ground, credential: Credential, clientId: string): Promise<Claim> {
  const client = await open(ground, credential, clientId, SESSION);
  try {
    const seen = await client.arrival(INBOX, "queued").then(
      () => (client.connack.sessionPresent ? "both" : "no session"),
      () => "no message",
    );
    return claim("its session and the message queued in it were kept", seen === "both", seen);
  } finally {
    await client.close();
  }
}
