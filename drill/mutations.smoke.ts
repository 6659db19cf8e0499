import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type StackOutputs, stackOutputs } from "../infra/contract.ts";
import { Refusal } from "../infra/refusal.ts";
import { Twin } from "../infra/twin.ts";
import { packFiles } from "../mosquitto/archive.ts";
import { layout, revisionFileNames } from "../mosquitto/layout.ts";
import { listenersIn } from "../mosquitto/listener.ts";
import type { Check } from "../smoke-tests/proof.ts";
import { proveTwin } from "../smoke-tests/prove.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";
import { mutatedPolicy } from "./mutated-policy.ts";
import { type BrokerFiles, mutations, NO_TWIN } from "./mutations.ts";

let throwaway: ThrowawayStack;
let outputs: StackOutputs;
let files: BrokerFiles;

beforeAll(async () => {
  throwaway = await ThrowawayStack.create(inject("workbench"), mutatedPolicy);
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
  outputs = stackOutputs.parse(await throwaway.stack.outputs());
  const entries = Object.entries(revisionFileNames).map(async ([what, name]) => [what, await read(name)]);
  files = Object.fromEntries(await Promise.all(entries));
});

afterAll(() => throwaway.remove());

async function read(name: string): Promise<string> {
  const command = ["exec", outputs.broker.container, "cat", `${layout.current}/${name}`];
  return (await execa("docker", command, { stripFinalNewline: false })).stdout;
}

/** What fails on a twin that runs on files of which some are others; {@link NO_TWIN} where it does not stand on them. */
async function failures(changed: Partial<BrokerFiles>): Promise<readonly Pick<Check, "name">[]> {
  const all = { ...files, ...changed };
  const archive = await packFiles(
    Object.entries(revisionFileNames).map(([what, name]) => {
      const content = all[what as keyof BrokerFiles];
      return { name, content, permissions: "0600" };
    }),
  );
  const { image, twin: place } = outputs.broker;
  const twin = await Twin.start({
    ...{ stack: throwaway.stack.name, image, network: place?.network ?? "", consequence: NO_TWIN },
    listeners: listenersIn(outputs.listeners),
    files: { archive: Buffer.from(archive, "base64") },
  }).catch((error: Refusal) => error);
  if (twin instanceof Refusal) return [{ name: twin.message.slice(0, NO_TWIN.length) }];
  try {
    const target = { outputs, addresses: twin.addresses };
    const { checks } = await proveTwin(target, { stack: throwaway.stack.name, container: twin.container });
    return checks.filter(({ outcome }) => outcome === "failed");
  } finally {
    await twin.stop();
  }
}

describe("the proof on a twin", () => {
  it("passes where the files are those of the stack", async () => {
    expect(await failures({})).toEqual([]);
  });

  it.each(mutations)("notices that $name", async ({ change, caught }) => {
    expect(await failures(change(files))).toContainEqual(expect.objectContaining(caught));
  });
});
