import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder, whatever the working folder is. */
export const projectFolder = dirname(dirname(fileURLToPath(import.meta.url)));

/** The name of the project in Pulumi.yaml; config keys and names on the engine begin with it. */
export const projectName = "naboom-mqtt";
