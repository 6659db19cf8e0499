import * as pulumi from "@pulumi/pulumi";
import { Authority } from "./authority.ts";
import { Broker } from "./broker.ts";
import { inspectContainers } from "./engine.ts";
import { renderFiles } from "./files.ts";
import { chooseImage } from "./image.ts";
import { engineNames } from "./names.ts";
import { stackOutputs } from "./outputs.ts";
import { checkHostPorts } from "./ports.ts";
import { readSettings } from "./settings.ts";
import { Users } from "./users.ts";

// What is asked for, and whether it can be had: everything that can be refused is refused here.
const settings = readSettings();
const names = engineNames(pulumi.getProject(), pulumi.getStack());
const [present, image] = await Promise.all([
  inspectContainers([names.broker, names.publish, names.reload]),
  chooseImage(settings.image),
]);
await checkHostPorts(settings, present.get(names.broker));

// Who is who.
const authority = new Authority("authority", settings.certificates);
const accounts = new Users("users", { users: settings.users, passwordLength: settings.passwords.length });

// The files that say so.
const files = renderFiles(settings, authority, accounts);

// The broker that runs on them, and what others need to know of it.
const running = new Broker("broker", { names, image, files, settings, present });

export const { broker, listeners, certificates, users, limits, credentials } = stackOutputs({
  settings,
  image,
  authority,
  users: accounts,
  broker: running,
});
