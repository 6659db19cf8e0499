import { chmod, mkdir, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { installPackages, preparePython } from "../examples/django/python-environment.ts";
import { projectFolder } from "../toolchain/project.ts";
import type { Program } from "./kit-process.ts";

/** The clients that the snippets are run with. */
export const programNames = ["aiomqtt", "paho", "mqttjs", "mosquitto", "mosquitto 2.1"] as const;

export type ProgramName = (typeof programNames)[number];

/** Gets every client ready: Python's from PyPI, MQTT.js, Mosquitto's own from the system and from the image. */
export async function preparePrograms(
  image: string,
  folder: string,
): Promise<Readonly<Record<ProgramName, Program>>> {
  const python = { command: await preparePython(), args: ["client.py"] };
  await requireMosquittoClients();
  return {
    ...{ aiomqtt: python, paho: python },
    mqttjs: {
      ...{ command: process.execPath, args: ["client.mjs"] },
      packages: join(projectFolder, "node_modules"),
    },
    mosquitto: { command: "sh", args: ["subscribe.sh"] },
    "mosquitto 2.1": {
      ...{ command: "sh", args: ["subscribe.sh"] },
      environment: { PATH: `${await imagePrograms(image, folder)}:${process.env.PATH}` },
    },
  };
}

async function requireMosquittoClients(): Promise<void> {
  const { exitCode } = await execa({ reject: false })`mosquitto_sub --version`;
  if (exitCode === undefined) await installPackages(["mosquitto-clients"]);
}

/** Programs of the image under their own names, which see the kits' folder and the host's network. */
async function imagePrograms(image: string, folder: string): Promise<string> {
  const bin = join(folder, "bin");
  await mkdir(bin);
  const { uid, gid } = userInfo();
  const options = ["--rm", "--init", "--network host", `--user ${uid}:${gid}`, `-v '${folder}:${folder}:ro'`];
  for (const name of ["mosquitto_sub", "mosquitto_pub"]) {
    const call = `exec docker run ${options.join(" ")} -e XDG_CONFIG_HOME --entrypoint ${name} '${image}' "$@"`;
    await writeFile(join(bin, name), `#!/bin/sh\n${call}\n`);
    await chmod(join(bin, name), 0o755);
  }
  return bin;
}
