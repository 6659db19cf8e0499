import { dues } from "../infra/due.ts";
import { check } from "./check.ts";
import { demand } from "./expectation.ts";
import { outputs } from "./stack.ts";

/** What is overdue now, as far as it is about passwords or not. */
function overdue(passwords: boolean): string {
  const list = dues(outputs, new Date()).filter(
    (due) => due.overdue && due.what.startsWith("password") === passwords,
  );
  return list.map(({ what, by, command }) => `${what} since ${by.slice(0, 10)} (${command})`).join(", ");
}

check(
  "no certificate is due for renewal, nor older than the policy allows",
  { subject: "Certificates" },
  async () => {
    demand(overdue(false) === "", "nothing overdue", overdue(false));
  },
);

if (outputs.policy.maxPasswordAge !== undefined) {
  check("no password is older than the policy allows", { subject: "Log-in" }, async () => {
    demand(overdue(true) === "", "nothing overdue", overdue(true));
  });
}
