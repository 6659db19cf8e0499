import "./stack-trace.ts";
import * as pulumi from "@pulumi/pulumi";
import { proveFilesOnTwin } from "../smoke-tests/prove-files.ts";
import { Authority } from "./authority.ts";
import { Broker } from "./broker.ts";
import { issueClientCertificates } from "./client-authority.ts";
import { Console } from "./console.ts";
import { renderFiles } from "./files.ts";
import { describeStack, stackOutputs } from "./outputs.ts";
import { planUpdate } from "./plan.ts";
import { writeTakenOver } from "./taken-over.ts";
import { Users } from "./users.ts";

// What is asked for, and whether it can be had: everything that can be refused is refused here.
const plan = await planUpdate();
const { settings, image, consoleImage } = plan;

// Who is who.
const issuer = new Authority("authority", { ...plan, certificates: settings.certificates });
const accounts = new Users("users", { ...settings, passwordLength: settings.passwords.length });
const clients = issueClientCertificates("clients", settings);

// The files that say so, and the broker that runs on them.
const files = renderFiles(settings, issuer, accounts, clients);
const takenOver = pulumi
  .all([issuer.serverExpires, clients?.certificates ?? {}])
  .apply(([serverExpires, issued]) => writeTakenOver({ ...plan, serverExpires, issued }));
const described = describeStack({ settings, authority: issuer, users: accounts, clients });
const running = new Broker("broker", {
  ...{ ...plan, files, takenOver, prove: proveFilesOnTwin },
  described,
  proofKey: accounts.healthcheckSeed,
});

// The page for people, where there is to be one.
if (consoleImage !== undefined) {
  new Console("console", { ...plan, image: consoleImage, authority: issuer, users: accounts });
}

// What others need to know of it.
export default stackOutputs({ image, broker: running, described });
