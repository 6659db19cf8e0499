import type { StackOutputs } from "../infra/contract.ts";
import { runCommand } from "../infra/mend.ts";
import type { Settings } from "../infra/settings-schema.ts";
import { areUsed } from "../mosquitto/client-certificate.ts";
import { UserError } from "../toolchain/user-error.ts";
import type { StackConfig } from "./stack-config.ts";

/** Gives users new client certificates; those that they have stay valid until they are revoked. */
export function renewCertificates(
  config: Pick<StackConfig, "set">,
  settings: Settings,
  names: readonly string[],
  stack: string,
): string {
  demandUse(settings, stack);
  for (const name of names) {
    const generation = settings.users[name]?.certificateGeneration ?? 1;
    config.set(["users", name, "certificateGeneration"], generation + 1);
  }
  const then = runCommand(stack, "rotate", "revoke", ...names);
  return `New client certificates for ${names.join(", ")}, beside the ones before; once clients have them: ${then}`;
}

/**
 * Takes back each user's older client certificates; a user that has one only loses that, and gets a new one. Of a
 * user that the config does not name any more, all are taken back.
 *
 * @throws UserError where a user has no certificate that could be taken back
 */
export function revokeCertificates(
  config: Pick<StackConfig, "set">,
  settings: Settings,
  names: readonly string[],
  { users }: StackOutputs,
  stack: string,
): string {
  demandUse(settings, stack);
  const revoked = names.flatMap((name) => {
    const certificates = (users[name]?.certificates ?? []).filter((certificate) => !certificate.revoked);
    if (certificates.length === 0) {
      const known = Object.keys(users).join(", ");
      throw new UserError(
        `user ${name} has no client certificate that could be revoked; the stack's users are ${known}: ${runCommand(stack, "smoke")} says what each has`,
      );
    }
    const staying = settings.users[name];
    if (staying !== undefined && certificates.length === 1) {
      config.set(["users", name, "certificateGeneration"], staying.certificateGeneration + 1);
    }
    return staying !== undefined && certificates.length > 1 ? certificates.slice(1) : certificates;
  });
  for (const { name, serial } of revoked) config.set(["clientCertificates", "revoked", name], serial);
  return `Revoked: ${revoked.map(({ name }) => name).join(", ")}.`;
}

function demandUse(settings: Settings, stack: string): void {
  if (areUsed(settings.clientCertificates)) return;
  throw new UserError(
    "no listener asks for client certificates, so there are none; a listener that does: " +
      `${runCommand(stack, "pulumi", "config", "set", "--path", "naboom-mqtt:clientCertificates.mqtts", "identity")}`,
  );
}
