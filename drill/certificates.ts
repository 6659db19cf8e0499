import { X509Certificate } from "node:crypto";
import { fingerprint, logIn, REFUSED, shake, TAKEN } from "./attempts.ts";
import { cast } from "./cast.ts";
import { type Claim, claim, claimConstant, claimTurn, momentOfTurn } from "./claim.ts";
import { conclude, type Exercise } from "./exercise.ts";
import type { Ground } from "./ground.ts";

/** The server gets a new key and certificate from the same CA. */
export const serverExercise: Exercise = {
  name: "server certificate",
  async run(ground) {
    const old = ground.outputs.certificates.serverFingerprint;
    const outcome = await ground.change({
      to: { serverGeneration: 2 },
      watches: { mqtts: fingerprint(ground.outputs, "mqtts"), wss: fingerprint(ground.outputs, "wss") },
    });
    const { mqtts, wss } = outcome.turns;
    const served = ground.outputs.certificates.serverFingerprint;
    const moment = momentOfTurn(mqtts, wss);
    const claims = [
      claim("the certificate is another one", served !== old, "the same"),
      claimTurn("mqtts served the old one, then the new one for good", mqtts, old, served),
      claimTurn("wss served the old one, then the new one for good", wss, old, served),
    ];
    return conclude(outcome, claims, { oldRefused: moment, newTaken: moment });
  },
};

/** The first step of a CA's rotation: clients are given both CAs, and the server stays where it is. */
export const authorityIssueExercise: Exercise = {
  name: "CA, step 1: both trusted",
  async run(ground) {
    const { certificates } = ground.outputs;
    const outcome = await ground.change({
      to: { authorityGeneration: 2 },
      watches: {
        mqtts: logInAsBystander(ground, "mqtts"),
        wss: logInAsBystander(ground, "wss"),
      },
    });
    const issued = ground.outputs.certificates;
    const list = certificatesIn(issued.authority);
    const claims = [
      claim("the outputs' CA is a bundle of two", list.length === 2, `${list.length} certificates`),
      claim("the old CA is in the bundle", list.includes(certificates.authority.trim()), "it is not"),
      claim(
        "the server's certificate is the same",
        issued.serverFingerprint === certificates.serverFingerprint,
        "another one",
      ),
      claimConstant("a client that trusts the old CA was never refused on mqtts", outcome.turns.mqtts, TAKEN),
      claimConstant("a client that trusts the old CA was never refused on wss", outcome.turns.wss, TAKEN),
      ...(await claimTrust("a client that trusts both is taken", ground, issued.authority, TAKEN)),
    ];
    return conclude(outcome, claims);
  },
};

/** The second step: the server moves to the new CA; whoever trusts both does not notice. */
export const authorityFinishExercise: Exercise = {
  name: "CA, step 2: the new alone",
  async run(ground) {
    const bundle = ground.outputs.certificates.authority;
    const { old, renewed } = await tellApart(ground, certificatesIn(bundle));
    const outcome = await ground.change({
      to: { authorityInForce: 2 },
      watches: {
        mqtts: logInAsBystander(ground, "mqtts"),
        wss: logInAsBystander(ground, "wss"),
        old: shake(ground.outputs, "mqtts", old),
        new: shake(ground.outputs, "wss", renewed),
      },
    });
    const { turns } = outcome;
    const left = ground.outputs.certificates.authority;
    const claims = [
      claimConstant("a client that trusts both was never refused on mqtts", turns.mqtts, TAKEN),
      claimConstant("a client that trusts both was never refused on wss", turns.wss, TAKEN),
      claimTurn("a client with the old CA alone was taken, then refused for good", turns.old, TAKEN, REFUSED),
      claimTurn("a client with the new CA alone was refused, then taken for good", turns.new, REFUSED, TAKEN),
      claim("the outputs' CA is the new one alone", left.trim() === renewed, "another one"),
      ...(await claimTrust("the old CA alone is refused", ground, old, REFUSED)),
      ...(await claimTrust("the new CA alone is taken", ground, left, TAKEN)),
    ];
    return conclude(outcome, claims, {
      oldRefused: momentOfTurn(turns.old),
      newTaken: momentOfTurn(turns.new),
    });
  },
};

function logInAsBystander({ outputs }: Ground, listener: "mqtts" | "wss"): () => Promise<string> {
  const credential = outputs.credentials[cast.bystander];
  if (credential === undefined) throw new Error(`the outputs have no credential of ${cast.bystander}`);
  return logIn(outputs, credential, { listener });
}

async function claimTrust(
  sentence: string,
  { outputs }: Ground,
  authority: string,
  expected: string,
): Promise<readonly Claim[]> {
  return await Promise.all(
    (["mqtts", "wss"] as const).map(async (listener) => {
      const answer = await shake(outputs, listener, authority)();
      return claim(`${sentence} on ${listener}`, answer === expected, answer);
    }),
  );
}

/** Of the two CAs, the old one is the one that the server's certificate is from. */
async function tellApart(
  { outputs }: Ground,
  bundle: readonly string[],
): Promise<{ old: string; renewed: string }> {
  const answers = await Promise.all(bundle.map((authority) => shake(outputs, "mqtts", authority)()));
  const old = bundle[answers.indexOf(TAKEN)];
  const renewed = bundle[answers.indexOf(REFUSED)];
  if (bundle.length === 2 && old !== undefined && renewed !== undefined) return { old, renewed };
  throw new Error(`expected a bundle of an old and a new CA, seen: ${answers.join(", ")}`);
}

/** The certificates of a bundle, PEM. */
function certificatesIn(bundle: string): string[] {
  const blocks = bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block).toString().trim());
}
