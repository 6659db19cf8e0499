import { connect } from "../smoke-tests/client.ts";
import { attemptName, type Credential, endpointOf, logIn, REFUSED, TAKEN } from "./attempts.ts";
import { cast } from "./cast.ts";
import { claim, claimConstant, claimTurn, momentOfTurn } from "./claim.ts";
import { conclude, type Exercise } from "./exercise.ts";
import type { Ground } from "./ground.ts";
import { claimDropped, claimEverywhere } from "./password.ts";

/** The credential of the overlapping user before its rotation, and a client that goes on using it. */
interface Predecessor {
  readonly credential: Credential;
  readonly client: Awaited<ReturnType<typeof connect>>;
}

/** A user with overlapping rotation gets a new password, moves over at leisure, and then has the old one retired. */
export function overlapExercises(): readonly [Exercise, Exercise] {
  let predecessor: Predecessor | undefined;
  const renew: Exercise = {
    name: "overlap: second account",
    async run(ground) {
      const credential = currentCredential(ground);
      const client = await open(ground, credential);
      predecessor = { credential, client };
      return await renewOverlapping(ground, predecessor);
    },
  };
  const retire: Exercise = {
    name: "overlap: first retired",
    async run(ground) {
      if (predecessor === undefined)
        throw new Error("there is no second account yet to retire the first for");
      return await retireOverlapped(ground, predecessor);
    },
  };
  return [renew, retire];
}

async function renewOverlapping(ground: Ground, { credential: old, client }: Predecessor) {
  const outcome = await ground.change({
    to: { overlapGeneration: 2 },
    watches: { old: logIn(ground.outputs, old) },
    trial: (outputs) => logIn(outputs, currentCredential({ outputs }))(),
  });
  const renewed = currentCredential(ground);
  const connected = await client.ping().then(
    () => true,
    () => false,
  );
  const claims = [
    claim("the current account is another one", renewed.username !== old.username, renewed.username),
    claimConstant("the old account was never refused", outcome.turns.old, TAKEN),
    claim("its connected client stayed connected", connected, "it was disconnected"),
    ...(await claimEverywhere("the old account is taken on every listener", ground, old, TAKEN)),
    ...(await claimEverywhere("the new account is taken on every listener", ground, renewed, TAKEN)),
  ];
  return conclude(outcome, claims, {
    newTaken: outcome.first?.answer === TAKEN ? outcome.first.at : undefined,
  });
}

async function retireOverlapped(ground: Ground, { credential: old, client }: Predecessor) {
  const renewed = currentCredential(ground);
  const moved = await open(ground, renewed);
  const outcome = await ground.change({
    to: { retired: 1 },
    watches: { old: logIn(ground.outputs, old), new: logIn(ground.outputs, renewed) },
  });
  const connected = await moved.ping().then(
    () => true,
    () => false,
  );
  await moved.close();
  const claims = [
    claimTurn("the old account was taken, then refused for good", outcome.turns.old, TAKEN, REFUSED),
    claimConstant("the new account was never refused", outcome.turns.new, TAKEN),
    claim("a client that had moved over stayed connected", connected, "it was disconnected"),
    await claimDropped(client),
    ...(await claimEverywhere("the old account is refused on every listener", ground, old, REFUSED)),
    ...(await claimEverywhere("the new account is taken on every listener", ground, renewed, TAKEN)),
  ];
  return conclude(outcome, claims, { oldRefused: momentOfTurn(outcome.turns.old) });
}

function currentCredential({ outputs }: Pick<Ground, "outputs">): Credential {
  const credential = outputs.credentials[cast.overlapping];
  if (credential === undefined) throw new Error(`the outputs have no credential of ${cast.overlapping}`);
  return credential;
}

function open({ outputs }: Ground, credential: Credential): Promise<Predecessor["client"]> {
  return connect(endpointOf(outputs, "wss"), { version: 4, clientId: attemptName(), ...credential });
}
