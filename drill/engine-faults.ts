import { setTimeout as sleep } from "node:timers/promises";
import { dockerCommand } from "../toolchain/docker.ts";
import type { PrivateEngine } from "../toolchain/private-engine.ts";
import { isHealthy } from "./broker-state.ts";
import { cast } from "./cast.ts";
import { claim } from "./claim.ts";
import type { Fault } from "./fault.ts";
import type { Before } from "./fault-ground.ts";
import { momentName } from "./faults.ts";
import { KeptMessages, type KeptMessagesAccount } from "./kept-messages.ts";
import { interruptUpdate, type Moment } from "./killed-update.ts";

/** When Docker is killed, in the course of an update. */
const moments: readonly Moment[] = Object.freeze([
  { role: "publish", action: "create" },
  { role: "publish", action: "start" },
  { role: "reload", action: "start" },
]);

/** The names of the faults, also where there is no engine that may be killed. */
export const engineFaultNames: readonly string[] = Object.freeze(moments.map(faultName));

function faultName(moment: Moment): string {
  return `Docker killed at ${momentName(moment)}`;
}

/** The Docker daemon is killed in the middle of an update, and started again; on an engine that nobody else uses. */
export function engineFaults(engine: PrivateEngine): readonly Fault[] {
  return moments.map((moment) => ({
    name: faultName(moment),
    async run(ground) {
      const before = await ground.rotate();
      const kept = await KeptMessages.send(ground.broker, bystander(before));
      const { exitCode, output } = await interruptUpdate(ground.throwaway, moment, () =>
        engine.end("SIGKILL"),
      );
      await engine.start();
      const restarted = await isStartedAgain(ground.broker);
      const left = await ground.claimOldOrNew(before);
      await ground.mend();
      const completed = await ground.claimCompleted(before);
      const claims = [
        claim("Docker starts the broker again", restarted, "it is stopped"),
        claim("the update fails, or has come to its end", exitCode !== 0 || left.leftOn === "new", output),
        await kept.claim(),
        ...left.claims,
        ...completed.claims,
      ];
      return { ...left, ...completed, broker: restarted ? "restarted" : "stopped", claims };
    },
  }));
}

/** A user whom no fault is about. */
function bystander({ outputs }: Before): KeptMessagesAccount {
  const account = outputs.credentials[cast.bystander];
  if (account === undefined) throw new Error(`the stack has no user ${cast.bystander}`);
  return account;
}

/** Attempts, 100 ms apart, to see Docker start the broker again once it answers itself, and to see the broker answer. */
const ATTEMPTS = Object.freeze({ start: 20, answer: 150 });

/** Whether Docker has started the broker again by itself. Where it has not, it is started, so that the rest can be shown. */
async function isStartedAgain(broker: string): Promise<boolean> {
  const restarted = await comes(ATTEMPTS.start, async () => {
    const { stdout } = await dockerCommand(["inspect", "--format", "{{.State.Running}}", broker]);
    return stdout.trim() === "true";
  });
  if (!restarted) await dockerCommand(["start", broker]);
  await comes(ATTEMPTS.answer, () => isHealthy(broker));
  return restarted;
}

async function comes(attempts: number, isThere: () => Promise<boolean>): Promise<boolean> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (await isThere()) return true;
    await sleep(100);
  }
  return false;
}
