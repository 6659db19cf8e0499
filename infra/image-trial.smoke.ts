import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { brokerImage } from "../toolchain/images/broker/recipe.ts";
import { buildBrokerImage } from "../toolchain/images/broker-image.ts";
import { findDebianImage } from "../toolchain/images/debian-image.ts";
import { ThrowawayStack } from "../toolchain/throwaway-stack.ts";

/** Mosquitto as it is released. */
const unpatched = { patches: [] };

let throwaway: ThrowawayStack;
let image: string;

beforeAll(async () => {
  image = (await findDebianImage(brokerImage(unpatched))) ?? (await buildBrokerImage(unpatched));
  throwaway = await ThrowawayStack.create(inject("workbench"));
  const { exitCode, output } = await throwaway.up();
  expect(exitCode, output).toBe(0);
}, 600_000);

afterAll(() => throwaway.remove());

describe("an image whose broker a WebSocket frame without payload ends", () => {
  it("is refused with both ways on, and the running broker is left as it was", async () => {
    const before = await throwaway.containerRuns("broker", "publish", "reload");
    await throwaway.configure({ image, listeners: throwaway.ports });
    const { exitCode, output } = await throwaway.up();
    expect(exitCode).not.toBe(0);
    expect(output).toContain(`the image ${image} was refused, and nothing else was changed`);
    expect(output).toContain("whoever reaches ws or wss can end it without an account");
    const pulumi = `npm run pulumi -- --stack ${throwaway.stack.name} config`;
    expect(output).toContain(`${pulumi} rm --path 'naboom-mqtt:image'`);
    expect(output).toContain(`${pulumi} set --path 'naboom-mqtt:listeners.ws' off`);
    expect(output).not.toMatch(/\n\s+at /);
    expect(await throwaway.containerRuns("broker", "publish", "reload")).toBe(before);
  });

  it("is taken where ws and wss are off", async () => {
    await throwaway.configure({ image, listeners: { ...throwaway.ports, ws: "off", wss: "off" } });
    const { exitCode, output } = await throwaway.up();
    expect(exitCode, output).toBe(0);
    const { stdout } = await execa`docker inspect --format ${"{{.Config.Image}}"} ${throwaway.prefix}-broker`;
    expect(stdout).toBe(image);
  });
});
