import { execa } from "execa";
import { type Claim, claim } from "./claim.ts";
import type { Fault } from "./fault.ts";
import { volumeFaults } from "./full-volume-faults.ts";
import { interruptUpdate, killUpdate, type Moment, settle } from "./killed-update.ts";

/** The faults of an update that are brought about on the machine's own engine, in their order. */
export function updateFaults(): readonly Fault[] {
  return [
    killedUpdate({ role: "publish", action: "create" }),
    killedUpdate({ role: "publish", action: "start" }),
    killedUpdate({ role: "publish", action: "die" }),
    killedUpdate({ role: "reload", action: "die" }),
    killedPublish,
    killedBroker,
    ...volumeFaults(),
  ];
}

/** All processes of the update are gone, and its containers come to their own end. */
function killedUpdate(moment: Moment): Fault {
  return {
    name: `update killed at ${momentName(moment)}`,
    async run(ground) {
      const before = await ground.rotate();
      const { exitCode } = await interruptUpdate(ground.throwaway, moment, () =>
        killUpdate(ground.throwaway),
      );
      await settle(ground.throwaway);
      const left = await ground.claimOldOrNew(before);
      const said = await ground.mend();
      const completed = await ground.claimCompleted(before);
      const claims = [
        claim("the update was killed", exitCode !== 0, "it ended well"),
        claim("its lock on the state is taken off", said.includes(LOCKED), said.join(" ")),
        claim("the broker was not restarted", left.broker === "same", `${left.broker}`),
        ...left.claims,
        ...completed.claims,
      ];
      return { ...left, ...completed, claims };
    },
  };
}

/** A moment as a name of a fault, for instance `publish's start`. */
export function momentName({ role, action }: Moment): string {
  return `${role}'s ${{ destroy: "end", create: "making", start: "start", die: "end" }[action]}`;
}

const LOCKED = "The last update was killed: its lock on the state was taken off.";

/** The publish container is killed at its start; it takes a tenth of a second, so that it may have ended by then. */
const killedPublish: Fault = {
  name: "publish killed at its start",
  async run(ground) {
    const before = await ground.rotate();
    let killed = false;
    const { exitCode, output } = await interruptUpdate(
      ground.throwaway,
      { role: "publish", action: "start" },
      async () => {
        killed = await kill(`${ground.throwaway.prefix}-publish`);
      },
    );
    const left = await ground.claimOldOrNew(before);
    const completed = await ground.claimCompleted(before);
    const expected = killed ? "old" : "new";
    const claims = [
      ...claimToldAsKilled(killed, exitCode, output),
      claim(`the broker is on the ${expected} revision`, left.leftOn === expected, `on the ${left.leftOn}`),
      claim("the broker was not restarted", left.broker === "same", `${left.broker}`),
      ...left.claims,
      ...completed.claims,
    ];
    return { ...left, ...completed, claims };
  },
};

/** A container that had come to its end before it could be killed has delivered, and its update goes on. */
function claimToldAsKilled(killed: boolean, exitCode: number, output: string): readonly Claim[] {
  if (!killed) return [claim("the update completes", exitCode === 0, output.trim())];
  const trace = /\n\s+at /.test(output);
  return [
    claim("the update fails", exitCode !== 0, "it ended well"),
    claim(
      "its words name the exit code 137, without a stack trace",
      output.includes("exit code 137") && !trace,
      output,
    ),
  ];
}

/** The broker's process is killed while new files are delivered, and Docker starts it again. */
const killedBroker: Fault = {
  name: "broker killed at publish's start",
  async run(ground) {
    const before = await ground.rotate();
    await interruptUpdate(ground.throwaway, { role: "publish", action: "start" }, async () => {
      const { stdout } = await execa("docker", ["inspect", "--format", "{{.State.Pid}}", ground.broker]);
      process.kill(Number(stdout), "SIGKILL");
    });
    const left = await ground.claimOldOrNew(before);
    const completed = await ground.claimCompleted(before);
    const claims = [
      claim("Docker starts the broker again", left.broker === "restarted", `${left.broker}`),
      ...left.claims,
      ...completed.claims,
    ];
    return { ...left, ...completed, claims };
  },
};

/** Whether there was something left to be killed. */
async function kill(container: string): Promise<boolean> {
  return (await execa("docker", ["kill", container], { reject: false })).exitCode === 0;
}
