import type { StackOutputs } from "../../infra/contract.ts";
import { dues } from "../../infra/due.ts";
import { demand } from "../expectation.ts";
import type { CheckList } from "./check-list.ts";

/** Whether anything should have been renewed by now. */
export function ages(checks: CheckList): void {
  const { outputs } = checks.stack;
  checks.add(
    "no certificate is due for renewal, nor older than the policy allows",
    { subject: "Certificates" },
    async () => demandNoneOverdue(outputs, false),
  );
  if (outputs.policy.maxPasswordAge === undefined) return;
  checks.add("no password is older than the policy allows", { subject: "Log-in" }, async () =>
    demandNoneOverdue(outputs, true),
  );
}

/** @param passwords whether it is about these or about everything else */
function demandNoneOverdue(outputs: StackOutputs, passwords: boolean): void {
  const list = dues(outputs, new Date()).filter(
    (due) => due.overdue && due.what.startsWith("password") === passwords,
  );
  const words = list.map(({ what, by, command }) => `${what} since ${by.slice(0, 10)} (${command})`);
  demand(words.length === 0, "nothing overdue", words.join(", "));
}
