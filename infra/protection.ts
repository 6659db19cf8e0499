import { runCommand, setCommand } from "./mend.ts";
import { Refusal } from "./refusal.ts";
import type { Settings } from "./settings-schema.ts";

type Protectable = Pick<Settings, "protect" | "certificates">;

/**
 * The generation of the CA whose key Pulumi keeps from being deleted; undefined where none is.
 *
 * It is the newest. The one before it is on its way out while clients trust both, so that its rotation can be
 * finished without taking the protection off.
 */
export function protectedAuthority({ protect, certificates }: Protectable): number | undefined {
  return protect && certificates.own === undefined ? certificates.authorityGeneration : undefined;
}

/**
 * Whether a resource is one that `protect` keeps: the volume with the messages, or a key of the stack's own CA.
 *
 * @param urn Pulumi's name of it, which ends with the one that the program gives it
 */
export function isKept(urn: string): boolean {
  return /[:$](docker:index\/volume:Volume::data|tls:index\/privateKey:PrivateKey::authority-key-\d+)$/.test(
    urn,
  );
}

/**
 * Makes sure, before anything changes, that an update will not come to a key that it may not delete: Pulumi
 * deletes last, so that all else would have been done by then.
 *
 * @param key the generation of the CA whose key is protected since the last update
 * @throws Refusal that says how the CA is replaced, or its protection taken off
 */
export function checkProtection(
  stack: string,
  { certificates: { own, authorityGeneration, authorityInForce } }: Protectable,
  key: number | undefined,
): void {
  if (key === undefined) return;
  if (own !== undefined) {
    const off = setCommand(stack, "naboom-mqtt:protect", "false");
    throw new Refusal(
      `naboom-mqtt:certificates.own would delete the key of the stack's CA ${key}, which is protected; ` +
        `allowed is an update without the protection first, and without certificates.own: ${off}`,
    );
  }
  if (key === authorityGeneration || key === authorityInForce) return;
  const path = "naboom-mqtt:certificates.authorityGeneration";
  throw new Refusal(
    `${path} is ${authorityGeneration}, which would delete the key of CA ${key}, which is protected; ` +
      `a protected CA is replaced in two steps by \`${runCommand(stack, "rotate", "ca")}\`, from where it is: ${setCommand(stack, path, key)}`,
  );
}
