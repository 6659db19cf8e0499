import "./stack-trace.ts";
import * as pulumi from "@pulumi/pulumi";
import { Authority } from "./authority.ts";
import { Broker } from "./broker.ts";
import { issueClientCertificates } from "./client-authority.ts";
import { Console } from "./console.ts";
import { inspectContainers } from "./engine.ts";
import { renderFiles } from "./files.ts";
import { chooseConsoleImage, chooseImage } from "./image.ts";
import { containerNames, engineNames } from "./names.ts";
import { stackOutputs } from "./outputs.ts";
import { readOwnCertificate } from "./own-certificate.ts";
import { checkHostPorts } from "./ports.ts";
import { checkProtection, protectedAuthority } from "./protection.ts";
import { planRotation } from "./rotation.ts";
import { readSettings } from "./stack-config.ts";
import { readTakenOver, writeTakenOver } from "./taken-over.ts";
import { Users } from "./users.ts";

// What is asked for, and whether it can be had: everything that can be refused is refused here.
const settings = readSettings();
const [stack, now] = [pulumi.getStack(), new Date()];
const names = engineNames(pulumi.getProject(), stack);
const page = settings.console;
const [present, image, consoleImage] = await Promise.all([
  inspectContainers(containerNames(names)),
  chooseImage(settings.image),
  page.enabled ? chooseConsoleImage(page.image) : undefined,
]);
await checkHostPorts(stack, settings, present.get(names.broker), present.get(names.console));
const own = readOwnCertificate({ certificates: settings.certificates, stack, folder: process.cwd(), now });
const last = readTakenOver(present.get(names.reload));
const rotation = planRotation(stack, settings, last, now);
checkProtection(stack, settings, last?.certificates.protectedAuthority);
for (const warning of own?.warnings ?? []) await pulumi.log.warn(warning);
for (const sentence of rotation.sentences) await pulumi.log.info(sentence);

// Who is who.
const { renewals } = rotation;
const issuer = new Authority("authority", {
  certificates: settings.certificates,
  renewals,
  protectedGeneration: protectedAuthority(settings),
  own,
});
const accounts = new Users("users", {
  users: settings.users,
  passwordLength: settings.passwords.length,
  clientIds: settings.clientIds,
});
const clients = issueClientCertificates("clients", settings);

// The files that say so.
const files = renderFiles(settings, issuer, accounts, clients);

// The broker that runs on them, and what others need to know of it.
const running = new Broker("broker", {
  names,
  image,
  files,
  settings,
  present,
  takenOver: pulumi
    .all([issuer.serverExpires, clients?.certificates ?? {}])
    .apply(([expires, issued]) => writeTakenOver(settings, rotation.renewals, expires, issued)),
});

// The page for people, where there is to be one.
if (consoleImage !== undefined) {
  new Console("console", {
    names,
    image: consoleImage,
    settings,
    authority: issuer,
    users: accounts,
    present,
  });
}

const outputs = stackOutputs({
  settings,
  image,
  authority: issuer,
  users: accounts,
  clients,
  broker: running,
});
export const { broker, listeners, certificates, authority, users, patterns, clientIds, policy, limits } =
  outputs;
export const { credentials, proofCredentials, console } = outputs;
