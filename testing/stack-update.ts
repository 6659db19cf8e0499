import { argv } from "node:process";
import { Stack } from "../toolchain/stack.ts";

// A process that runs an update by a CLI of a test's: `node BUNDLE captured|shown CLI FILE`, with FILE as the
// CLI's variable SIGNALS.
const [words, cli = "", SIGNALS = ""] = argv.slice(2);
const stack = new Stack({ name: "unit", cli, environment: { SIGNALS }, keepSettings: false });
const { exitCode } = await stack.run(["up"], { capture: words === "captured" });
console.log("ended with", exitCode);
