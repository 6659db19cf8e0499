import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { publishMount } from "../mosquitto/delivery.ts";
import { proveRunningBroker } from "../smoke-tests/prove.ts";
import { ProjectCopy } from "../testing/project-copy.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { stackOutputs } from "./contract.ts";

const users = {
  writer: { write: ["naboom/news/#"], listeners: ["mqtt", "mqtts"] },
  reader: { read: ["naboom/news/#"], listeners: ["ws", "wss"] },
};

const permissive = "naboom-mqtt/permissive:test";

let throwaway: ThrowawayStack;
let copy: ProjectCopy;

beforeAll(async () => {
  copy = await ProjectCopy.create();
  throwaway = await ThrowawayStack.create(inject("workbench"), { users });
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
  expect(output).toMatch(
    /proved on a twin of the broker before it goes into force: \d+ checks of the rights of all 2 users/,
  );
});

afterAll(async () => {
  await throwaway.remove();
  await copy.remove();
  await execa({ reject: false })`docker image rm ${permissive}`;
});

/** Runs `pulumi up` with a program of which one text was changed. */
async function upWithFault(file: string, text: string, fault: string) {
  const path = join(copy.folder, file);
  const before = await readFile(path, "utf8");
  expect(before).toContain(text);
  await writeFile(path, before.replace(text, fault));
  try {
    return await throwaway.up("--cwd", copy.folder);
  } finally {
    await writeFile(path, before);
  }
}

async function running() {
  return [
    await throwaway.containerRuns("broker", "publish", "reload"),
    await inVolume("readlink current; cat current/acl"),
  ];
}

async function inVolume(script: string): Promise<string> {
  const volume = `${throwaway.prefix}-revisions:${publishMount}`;
  const command = `cd ${publishMount}; ${script}`;
  const { broker } = stackOutputs.parse(await throwaway.stack.outputs());
  const entry = ["--entrypoint", "/bin/sh", broker.image, "-c", command];
  return (await execa("docker", ["run", "--rm", "--network=none", "--user=0", "-v", volume, ...entry]))
    .stdout;
}

describe("a new revision that is not what its stack says is stopped before it is in force, if", () => {
  const withNews = { ...users, guest: { read: ["naboom/open/#"] } };

  it("its ACL file was changed after it was rendered", async () => {
    const before = await running();
    await throwaway.configure({ users: withNews });
    const { exitCode, output } = await upWithFault(
      "mosquitto/revision.ts",
      "patterns: input.patterns }),",
      'patterns: input.patterns }).replace("topic read naboom/news/#", "topic readwrite naboom/news/#"),',
    );
    expect(exitCode, output).not.toBe(0);
    expect(output).toContain("the new files were refused");
    expect(output).toMatch(/what may not be written .*\(ws, wss; .*reader; rule read naboom\/news\/#\)/);
    expect(output).not.toMatch(/\n\s+at /);
    expect(await running()).toEqual(before);
  });

  it("two listeners have each other's password files", async () => {
    const before = await running();
    const { exitCode, output } = await upWithFault(
      "mosquitto/configuration.ts",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the program's own text.
      "`plugin_use password-${name}`",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: what stands in its place.
      '`plugin_use password-${{ mqtt: "wss", wss: "mqtt" }[name as string] ?? name}`',
    );
    expect(exitCode, output).not.toBe(0);
    expect(output).toMatch(/the right password is refused where the user may not log in \(mqtt, wss/);
    expect(await running()).toEqual(before);
  });

  it("its image has a broker that allows everything", async () => {
    const before = await running();
    const { broker } = stackOutputs.parse(await throwaway.stack.outputs());
    // A mosquitto that leaves the ACL plugin out.
    const script =
      '#!/bin/sh\\nsed "/acl_file/d" "$2" >/tmp/open.conf\\nexec mosquitto.real -c /tmp/open.conf\\n';
    const replace = `cd /usr/sbin && mv mosquitto mosquitto.real && printf '${script}' >mosquitto && chmod 755 mosquitto`;
    await execa({
      input: `FROM ${broker.image}\nUSER 0\nRUN ${replace}\nUSER 1883\n`,
      env: { DOCKER_BUILDKIT: "0" },
    })`docker build -t ${permissive} -`;
    await throwaway.configure({ users: withNews, image: permissive });
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).not.toBe(0);
    expect(output).toMatch(/\d+ of \d+ checks failed on a twin of the broker/);
    expect(output).toMatch(/what may not be written .*reader/);
    expect(await running()).toEqual(before);
  });

  it("and goes into force with the next `up` once the fault is gone", async () => {
    await throwaway.configure({ users: withNews });
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/before it goes into force: \d+ checks of what changed/);
  });
});

describe("a revision that is proved", () => {
  it("is not proved again", async () => {
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).toBe(0);
    expect(output).not.toContain("proved on a twin");
    expect(await throwaway.stack.lastChanges()).toBe(0);
  });

  it("is not proved again where its containers were removed, as the record beside it says so", async () => {
    await execa`docker rm --force ${throwaway.prefix}-publish`;
    const { exitCode, output } = await throwaway.up("--refresh");
    expect(exitCode, output).toBe(0);
    expect(output).not.toContain("proved on a twin");
  });

  it("is proved again where somebody has changed the record, which is said", async () => {
    await execa`docker rm --force ${throwaway.prefix}-publish`;
    await inVolume(`sed -i 's/naboom/other/; s/"revision/"Revision/' proof.json`);
    const { exitCode, output } = await throwaway.up("--refresh");
    expect(exitCode, output).toBe(0);
    expect(output).toContain("the record of what was proved is not one that this stack has written");
    expect(output).toContain("checks of the rights of all 3 users");
  });
});

describe("the running broker's files", () => {
  it("are delivered anew where somebody has changed them, which is said", async () => {
    await inVolume("echo 'topic readwrite #' >>current/acl");
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).toBe(0);
    expect(output).toContain("the broker's files were changed by somebody else than this program");
    const outputs = stackOutputs.parse(await throwaway.stack.outputs());
    const { checks } = await proveRunningBroker({ outputs }, { stack: throwaway.stack.name });
    expect(checks.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect((await throwaway.up()).output).not.toContain("were changed by somebody");
  });

  it("are delivered anew where somebody has changed them so that the broker can't start", async () => {
    await execa`docker stop ${throwaway.prefix}-broker`;
    await inVolume("echo 'no such option' >>current/mosquitto.conf");
    const { exitCode, output } = await throwaway.up("--refresh");
    expect(exitCode, output).toBe(0);
    expect(output).toContain("the broker's files were changed by somebody else than this program");
    const outputs = stackOutputs.parse(await throwaway.stack.outputs());
    expect((await proveRunningBroker({ outputs }, { stack: throwaway.stack.name })).failed).toBe(0);
  });

  it("are delivered anew where somebody has put an earlier revision in force", async () => {
    await throwaway.configure({ users: { ...users, late: { read: ["naboom/late"] } } });
    expect((await throwaway.up()).exitCode).toBe(0);
    const before = await inVolume("readlink current");
    await inVolume(`ln -sfn "$(ls -1d rev-* | grep -v '^${before}$' | head -n 1)" current`);
    expect(await inVolume("readlink current")).not.toBe(before);
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).toBe(0);
    expect(output).toContain("the broker's files were changed by somebody else than this program");
    const id = /^rev-[0-9a-f]{16}/;
    expect(id.exec(await inVolume("readlink current"))?.[0]).toBe(id.exec(before)?.[0]);
  });
});

describe("a preview", () => {
  it("says that a proof will run, and of what", async () => {
    await throwaway.configure({ users: { ...users, guest: { read: ["naboom/open/+"] } } });
    const { exitCode, stdout } = await throwaway.stack.run(["preview", "--color", "never"], {
      capture: true,
    });
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toMatch(/will be proved on a twin of the broker before .*: .*guest/);
  });
});
