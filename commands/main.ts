import { argv, stderr } from "node:process";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { kitKinds } from "../clients/kit-kind.ts";
import { DEFAULT_STACK } from "../infra/mend.ts";
import { Refusal } from "../infra/refusal.ts";
import { paintNotice } from "../toolchain/colour.ts";
import { UserError } from "../toolchain/user-error.ts";
import { refuseSwallowedFlags } from "./swallowed-flags.ts";

/** The stack that a command is about where none is named. */
const defaultStack = process.env.PULUMI_STACK || DEFAULT_STACK;

const program = new Command("npm run")
  .exitOverride()
  .showHelpAfterError(false)
  .configureOutput({ outputError: () => {} });

program.enablePositionalOptions();

let exitCode = 0;

onStack(program.command("up").description("bring the stack up with pulumi up, and prove it"))
  .option("--update-image", "build the images anew, of the newest packages", false)
  .option("--verbose", "print everything: the table of checks, and what has not changed", false)
  .action(async (options) => {
    exitCode = await (await import("./up.ts")).up(options);
  });

onStack(program.command("down").description("take the stack down; asks before it deletes data"))
  .option("--yes", "do not ask", false)
  .option("--keep-data", "keep volumes, passwords and certificates", false)
  .action(async (options) => {
    exitCode = await (await import("./down.ts")).down(options);
  });

onStack(program.command("smoke").description("prove the running stack"))
  .option("--all", "prove the whole policy, on a twin of the broker", false)
  .option("--json", "print the proof as JSON", false)
  .option("--junit <file>", "write the proof into a file as JUnit XML, too")
  .action(async (options) => {
    exitCode = await (await import("./smoke.ts")).smoke(options);
  });

onStack(
  program.command("rotate").description("rotate secrets: changes the stack's config and runs pulumi up"),
)
  .argument("<what>", "users, retire, server-certificate, client-certificate, revoke, ca, all or back")
  .argument("[names...]", "users' names")
  .option("--finish", "the second step of a CA's rotation", false)
  .action(async (what, names, options) => {
    exitCode =
      what === "back"
        ? await (await import("./back.ts")).back(options)
        : await (await import("./rotate.ts")).rotate(what, names, options);
  });

program
  .command("access")
  .description("who may do what, from the stack's config; and a review of what could be taken away")
  .argument("[question...]", "explain USER [read|write TOPIC], who TOPIC, or review")
  .option("--stack <name>", "the stack", stackName, defaultStack)
  .option("--client-id <id>", "ask about a client with this id")
  .option("--json", "print the answer as JSON", false)
  .action(async (words, options) => {
    exitCode = await (await import("./access.ts")).access(words, options);
  });

onStack(program.command("client").description("write all that a client of a user's needs"))
  .argument("<user>", "a user of the stack")
  .addOption(
    new Option(`--for <${kitKinds.join("/")}>`, "what it is for").choices(kitKinds).makeOptionMandatory(),
  )
  .option("--out <folder>", "where to, instead of kits/STACK/USER-KIND")
  .option("--client-id <id>", "the client's id, instead of one of the folder's own", clientId)
  .option("--force", "replace the files of an earlier kit", false)
  .action(async (user, options) => {
    exitCode = await (await import("./client.ts")).client(user, options);
  });

program
  .command("drill")
  .description("prove every rotation under load, on a throwaway stack")
  .option("--json", "print the findings as JSON", false)
  .option("--no-install", "install, download and build nothing")
  .action(async (options) => {
    exitCode = await (await import("./drill.ts")).drill(options);
  });

program
  .command("abuse")
  .description("abuse a throwaway broker, and print what it withstands")
  .option("--json", "print what was seen as JSON", false)
  .option("--seed <number>", "what the malformed inputs are made from", wholeNumber, 1)
  .option("--inputs <number>", "how many malformed inputs", wholeNumber, 200_000)
  .option("--only <text>", "only the floods whose name has this text in it", "")
  .option("--image <reference>", "another broker image than the stack's")
  .option("--sanitizer", "a build of the same sources that reports each wrong use of memory", false)
  .option("--no-install", "install, download and build nothing")
  .action(async (options) => {
    exitCode = await (await import("./abuse.ts")).abuse(options);
  });

program
  .command("bench")
  .description("measure how fast commands are, on throwaway stacks")
  .option("--json", "print the figures as JSON", false)
  .option("--large", "measure 10,000 users too, which takes many minutes", false)
  .option("--only <text>", "only the figures whose name has this text in it", "")
  .option("--no-install", "install, download and build nothing")
  .action(async (options) => {
    exitCode = await (await import("./bench.ts")).bench(options);
  });

program
  .command("check")
  .description("format, lint, types and unit tests; needs no Docker")
  .action(async () => {
    exitCode = await (await import("./check.ts")).check();
  });

program
  .command("format")
  .description("format the sources")
  .action(async () => {
    exitCode = await (await import("./check.ts")).format();
  });

program
  .command("test")
  .description("every test, on a throwaway stack of its own")
  .option("--no-install", "install, download and build nothing")
  .action(async (options) => {
    exitCode = await (await import("./test.ts")).test(options);
  });

onStack(program.command("pulumi").description("run the Pulumi CLI for the stack"))
  .argument("[args...]", "what pulumi is to do")
  .allowUnknownOption()
  .helpOption(false)
  .passThroughOptions()
  .action(async (args, options) => {
    exitCode = await (await import("./pulumi.ts")).pulumi(args, options);
  });

try {
  refuseSwallowedFlags(program, argv[2], { words: argv.slice(3), environment: process.env });
  await program.parseAsync(argv);
} catch (error) {
  exitCode = explain(error);
}
process.exitCode = exitCode;

function onStack(command: Command): Command {
  return command
    .option("--stack <name>", "the stack", stackName, defaultStack)
    .option("--no-install", "install, download and build nothing");
}

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("it is a whole number from 0 to 999999999");
}

function stackName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/.test(name)) return name;
  throw new InvalidArgumentError(
    "a stack's name has 1 to 40 letters, digits and _ . -, and begins with a letter or digit",
  );
}

/** Letters that a shell, a file and a topic's level take as they are. */
function clientId(id: string): string {
  if (/^[\p{L}\p{N}][\p{L}\p{N}._~@-]{0,79}$/u.test(id)) return id;
  throw new InvalidArgumentError(
    "a client's id has 1 to 80 letters, digits and _ . ~ @ -, and begins with a letter or digit",
  );
}

/** One sentence for what a user can mend; everything else is a defect of ours, and shows where it is. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    stderr.write(
      `${paintNotice.red("error:")} ${error.message.replace(/^error: /, "").replace(/\.$/, "")}; what there is: ${helpCommand()}\n`,
    );
    return 2;
  }
  if (error instanceof UserError || error instanceof Refusal) {
    stderr.write(`${paintNotice.red("error:")} ${(error as Error).message}\n`);
    return 2;
  }
  stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return 1;
}

/** What shows the options of the command that was given, or all commands where it is none. */
function helpCommand(): string {
  const command = program.commands.find((known) => known.name() === argv[2]);
  return command === undefined ? "node toolchain/start.mjs help" : `npm run ${command.name()} -- --help`;
}
