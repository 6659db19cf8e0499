import { paintAnswer, paintNotice } from "../toolchain/colour.ts";
import { createProgress } from "../toolchain/progress.ts";

// A process that prints as commands, reports and progress do.
process.stderr.write(`${paintAnswer.red("answer")} ${paintNotice.bold("notice")}\n`);
await createProgress({ quietBelow: 0 }).step("work", async () => {});
