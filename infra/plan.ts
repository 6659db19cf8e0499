import { X509Certificate } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { OwnCertificate } from "../mosquitto/certificate-chain.ts";
import { ISSUED_KEY_TYPE } from "./authority.ts";
import { CHANGED_FILES, haveChangedFiles } from "./changed-files.ts";
import { checkEarlierMessages } from "./earlier-messages.ts";
import { type EngineContainer, inspectContainers } from "./engine.ts";
import { chooseConsoleImage, chooseImage } from "./image.ts";
import { readLastTakenOver } from "./last-taken-over.ts";
import { containerNames, type EngineNames, engineNames, refuseConsoleName } from "./names.ts";
import { readOwnCertificate } from "./own-certificate.ts";
import { checkHostPorts } from "./ports.ts";
import { checkProtection, protectedAuthority } from "./protection.ts";
import { planRotation } from "./rotation.ts";
import type { Settings } from "./settings-schema.ts";
import { readSettings } from "./stack-config.ts";
import type { TakenOver } from "./taken-over.ts";

/** What an update is asked for, and what it comes upon. */
export interface Plan {
  readonly settings: Settings;
  readonly names: EngineNames;
  /** The stack's containers as the engine has them now. */
  readonly present: ReadonlyMap<string, EngineContainer>;
  /** The reference of the broker's image. */
  readonly image: string;
  /** The reference of the console's image; undefined where there is to be no console. */
  readonly consoleImage: string | undefined;
  /** The user's own certificate; undefined where the stack issues its own. */
  readonly own: OwnCertificate | undefined;
  /** The kind of the server's key, as Node names it, such as `ec` or `rsa`. */
  readonly keyType: string;
  /** How often the server's certificate was renewed because its end was near, this time included. */
  readonly renewals: number;
  /** The generation of the CA whose key is not to be deleted; undefined where none is. */
  readonly protectedGeneration: number | undefined;
  /** Whether somebody has changed the running broker's files, which are delivered anew then. */
  readonly filesChanged: boolean;
  /** What the broker was given last; undefined where it was never given anything. */
  readonly last: TakenOver | undefined;
}

/**
 * Finds out what is asked for and whether it can be had, and tells what will rotate, before anything changes.
 *
 * @throws Refusal for whatever can be refused: settings, images, ports, certificates, generations, protection
 */
export async function planUpdate(): Promise<Plan> {
  const [stack, now] = [pulumi.getStack(), new Date()];
  refuseConsoleName(stack);
  const settings = readSettings();
  const { certificates, console } = settings;
  const names = engineNames(pulumi.getProject(), stack);
  const [present, image, consoleImage] = await Promise.all([
    inspectContainers(stack, containerNames(names)),
    chooseImage(stack, settings.image),
    console.enabled ? chooseConsoleImage(stack, console.image) : undefined,
  ]);
  const looking = haveChangedFiles({
    ...{ stack, revisions: names.revisions, image },
    ...{ broker: present.get(names.broker), publish: present.get(names.publish) },
  });
  await checkHostPorts(stack, settings, present.get(names.broker), present.get(names.console));
  const own = readOwnCertificate({ certificates, stack, folder: process.cwd(), now });
  const { reload, revisions, data } = names;
  const [broker, configured] = [present.get(names.broker), settings.image !== undefined];
  const taken = await checkEarlierMessages({ stack, broker, data, image, configured });
  const last = await readLastTakenOver({ stack, revisions, image, reload: present.get(reload) });
  const { renewals, sentences } = planRotation({ stack, settings, own, now }, last);
  checkProtection(stack, settings, last?.certificates.protectedAuthority);
  for (const warning of own?.warnings ?? []) await pulumi.log.warn(warning);
  for (const sentence of [...sentences, ...(taken === undefined ? [] : [taken])])
    await pulumi.log.info(sentence);
  const filesChanged = await looking;
  if (filesChanged) await pulumi.log.warn(CHANGED_FILES);
  const protectedGeneration = protectedAuthority(settings);
  const keyType = (own && new X509Certificate(own.chain).publicKey.asymmetricKeyType) ?? ISSUED_KEY_TYPE;
  const found = { image, consoleImage, own, last, filesChanged };
  return Object.freeze({ settings, names, present, ...found, keyType, renewals, protectedGeneration });
}
