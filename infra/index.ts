import "./stack-trace.ts";
import * as pulumi from "@pulumi/pulumi";
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

// The files that say so, and the broker that runs on them, once they are proved on a twin of the broker.
const files = renderFiles(settings, issuer, accounts, clients);
const takenOver = pulumi
  .all([issuer.serverExpires, clients?.certificates ?? {}])
  .apply(([serverExpires, issued]) => writeTakenOver({ ...plan, serverExpires, issued }));
const described = describeStack({ settings, authority: issuer, users: accounts, clients });
const running = new Broker("broker", {
  ...{ ...plan, files, takenOver, described },
  proofKey: accounts.healthcheckSeed,
  // Loaded where there is something to prove, since most updates change nothing.
  prove: async (request) => {
    const { proveFilesOnTwin } = await import("../smoke-tests/prove-files.ts");
    return await proveFilesOnTwin(request);
  },
});

// The page for people, where there is to be one.
if (consoleImage !== undefined) {
  new Console("console", { ...plan, image: consoleImage, authority: issuer, users: accounts });
}

// What others need to know of it.
export default stackOutputs({ image, broker: running, described });
