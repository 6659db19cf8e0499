// What Pulumi runs: infra/index.ts, bundled. Its own words reach the user, so that a sentence stays one.
import { pathToFileURL } from "node:url";
import { bundle } from "./bundle.mjs";
import { StartError } from "./npm-packages.mjs";

const { default: outputs } = await import(pathToFileURL(await programBundle()).href);
export default outputs;

async function programBundle() {
  // The bundler is a process of its own, which would be given the config, and has no room for much of it.
  const { PULUMI_CONFIG: config } = process.env;
  delete process.env.PULUMI_CONFIG;
  try {
    return await bundle("infra/index.ts");
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    const { RunError } = await import("@pulumi/pulumi");
    throw new RunError(error.message);
  } finally {
    if (config !== undefined) process.env.PULUMI_CONFIG = config;
  }
}
