import { execa } from "execa";
import type { Access } from "../infra/access-settings.ts";
import { type AccessUse, AccessUseRecord } from "../infra/access-use.ts";
import type { DeliveredAccess } from "../infra/delivered-access.ts";
import { readDeliveredFiles } from "../infra/delivered-files.ts";
import { engineNames } from "../infra/names.ts";
import { BrokerLog } from "../mosquitto/broker-log.ts";
import { dockerCommand } from "../toolchain/docker.ts";
import { projectName } from "../toolchain/project.ts";

/** Milliseconds that an engine has to answer in before it counts as not there. */
const PATIENCE = 5_000;

/**
 * Reads the log of a stack's running broker, line by line, as it may be long.
 *
 * @param note is told now and then how many lines were read
 * @returns nothing where there is no running broker, or no engine to ask for one
 */
export async function readAccessUse(
  stack: string,
  access: Access,
  note: (text: string) => void = () => {},
): Promise<AccessUse | undefined> {
  const { broker } = engineNames(projectName, stack);
  if (!(await isRunning(broker))) return undefined;
  const log = new BrokerLog();
  const record = new AccessUseRecord(access);
  const reading = execa("docker", ["logs", broker], {
    reject: false,
    buffer: false,
    stdin: "ignore",
    stderr: "ignore",
  });
  let lines = 0;
  for await (const line of reading) {
    const event = log.read(line);
    if (event !== undefined) record.add(event);
    lines += 1;
    if (lines % 10_000 === 0) note(`${lines.toLocaleString("en")} lines`);
  }
  const { exitCode } = await reading;
  return exitCode === 0 ? record.result(log) : undefined;
}

/** What of the policy a stack's running broker has; nothing where none runs, or no engine answers. */
export async function readDeliveredAccess(stack: string): Promise<DeliveredAccess | undefined> {
  const files = await readDeliveredFiles(engineNames(projectName, stack).broker);
  return typeof files === "string" ? undefined : files;
}

async function isRunning(container: string): Promise<boolean> {
  const args = ["container", "inspect", "--format", "{{.State.Running}}", container];
  const { exitCode, stdout } = await dockerCommand(args, { timeout: PATIENCE });
  return exitCode === 0 && stdout.trim() === "true";
}
