import { runCommand } from "../infra/mend.ts";
import type { Settings } from "../infra/settings-schema.ts";
import { UserError } from "../toolchain/user-error.ts";
import type { StackConfig } from "./stack-config.ts";

type Writable = Pick<StackConfig, "set" | "remove">;

/** Gives the server a new key and certificate. */
export function rotateServer(config: Writable, { certificates }: Settings, stack: string): string {
  if (certificates.own !== undefined) throw new UserError(brought(stack));
  config.set(["certificates", "serverGeneration"], certificates.serverGeneration + 1);
  return "The server has a new certificate and key.";
}

/** Has a new CA issued beside the one in force. */
export function beginAuthority(config: Writable, { certificates }: Settings, stack: string): string {
  const { authorityGeneration, authorityInForce, own } = certificates;
  if (own !== undefined) throw new UserError(brought(stack));
  const finish = runCommand(stack, "rotate", "ca", "--finish");
  if (authorityInForce !== authorityGeneration) {
    throw new UserError(`a new CA was issued already, and its rotation waits to be finished: ${finish}`);
  }
  config.set(["certificates", "authorityGeneration"], authorityGeneration + 1);
  config.set(["certificates", "authorityInForce"], authorityGeneration);
  return (
    "The old and the new CA are in the output `authority`: give it to every client " +
    `(${runCommand(stack, "-s pulumi", "stack", "output", "authority")}), then: ${finish}`
  );
}

/** Moves the server to the new CA, and drops the old one. */
export function finishAuthority(config: Writable, { certificates }: Settings, stack: string): string {
  const { authorityGeneration, authorityInForce, own } = certificates;
  if (own !== undefined) throw new UserError(brought(stack));
  if (authorityInForce === authorityGeneration) {
    throw new UserError(
      `no new CA was issued that could be moved to; the first step is: ${runCommand(stack, "rotate", "ca")}`,
    );
  }
  config.remove(["certificates", "authorityInForce"]);
  return "The server's certificate is from the new CA, and the old one is gone.";
}

/** What a user does whose certificates are not the stack's to rotate, as a sentence without its full stop. */
export function brought(stack: string): string {
  return (
    "the server's certificate, key and CA are certificates.own, which is yours to renew: " +
    `put the new ones there, then: ${runCommand(stack, "up")}`
  );
}
