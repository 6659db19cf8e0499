import { connect } from "../smoke-tests/client.ts";
import { attemptName, endpointOf, publish, REFUSED, TAKEN } from "./attempts.ts";
import { cast, initialState } from "./cast.ts";
import { claim, claimTurn, momentOfTurn } from "./claim.ts";
import { conclude, type Exercise } from "./exercise.ts";

const NEW_BRANCH = "drill/new";

/** A user gets other rights, and a client of it that is connected has them at once. */
export const rightsExercise: Exercise = {
  name: "ACL",
  async run(ground) {
    const { outputs } = ground;
    const options = { version: 5, clientId: attemptName(), ...outputs.credentials[cast.restricted] } as const;
    const client = await connect(endpointOf(outputs, "ws"), options);
    try {
      const outcome = await ground.change({
        to: { branch: NEW_BRANCH },
        watches: {
          old: publish(client, `${initialState.branch}/topic`),
          new: publish(client, `${NEW_BRANCH}/topic`),
        },
      });
      const connected = await client.ping().then(
        () => true,
        () => false,
      );
      const claims = [
        claimTurn("the old topic was allowed, then denied for good", outcome.turns.old, TAKEN, REFUSED),
        claimTurn("the new topic was denied, then allowed for good", outcome.turns.new, REFUSED, TAKEN),
        claim("its connected client stayed connected", connected, "it was disconnected"),
      ];
      return conclude(outcome, claims, {
        oldRefused: momentOfTurn(outcome.turns.old),
        newTaken: momentOfTurn(outcome.turns.new),
      });
    } finally {
      await client.close();
    }
  },
};
