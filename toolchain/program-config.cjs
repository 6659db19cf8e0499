/**
 * Takes a program's configuration over from the language host, before anything of the program runs.
 *
 * It comes through a pipe, since Linux allows 128 KiB for one variable of a new process, about 2,600 users. Pulumi
 * reads it from the variables of the process when it first asks for one; set here, they are in no list of variables
 * that others see. A program that starts others takes PULUMI_CONFIG out first, or these would be given it.
 */
const { closeSync, readFileSync } = require("node:fs");

/** The number of the pipe, as in language-host.mjs. */
const PIPE = 3;

const { config, secretKeys } = JSON.parse(readFileSync(PIPE, "utf8"));
closeSync(PIPE);
process.env.PULUMI_CONFIG = JSON.stringify(config);
process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(secretKeys);
