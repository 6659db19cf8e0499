import { join } from "node:path";
import { env } from "node:process";
import { setTimeout } from "node:timers/promises";
import type { MqttClient } from "mqtt";
import { describe, test } from "vitest";
import { projectFolder } from "../toolchain/project.ts";
import { publish, watch } from "./console-hand.ts";
import { type ConsoleStage, onConsoleStage } from "./console-stage.ts";

// Written by `CONSOLE_PICTURES=1 npx vitest run --project stack web/pictures.smoke.ts`.
describe.runIf(env.CONSOLE_PICTURES)("pictures for the README", () => {
  let stage: ConsoleStage;
  onConsoleStage((set) => {
    stage = set;
  });

  test.each([
    ["light", { width: 1200, height: 760 }],
    ["dark", { width: 1200, height: 760 }],
    ["phone", { width: 390, height: 844 }],
  ] as const)("%s", async (name, size) => {
    const page = await stage.enter();
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme: name === "dark" ? "dark" : "light", reducedMotion: "reduce" });
    await watch(page, "site/+/+");
    await watch(page, "weather/+/now");
    await speak(stage.device);
    await page.getByText(/^\d+ shown/).waitFor();
    if (name === "light") await page.getByRole("option", { name: "celsius" }).first().click();
    if (name !== "phone") await publish(page, name === "dark" ? "site/locks/door" : "site/hall/light", "on");
    await page
      .getByText(name === "dark" ? "Denied by the broker" : "hall/light")
      .first()
      .waitFor();
    await setTimeout(300);
    await page.screenshot({ path: join(projectFolder, `docs/console-${name}.png`) });
  });
});

/** Says what a house would say in a second. */
async function speak(device: MqttClient): Promise<void> {
  const rooms = ["hall", "kitchen", "office", "garage"];
  for (let index = 0; index < 24; index += 1) {
    const room = rooms[index % rooms.length];
    const celsius = (19 + (index % 5) / 2).toFixed(1);
    const said: readonly (readonly [string, string])[] = [
      [`site/${room}/temperature`, `{"celsius":${celsius},"humidity":${40 + (index % 7)}}`],
      [`site/${room}/light`, index % 2 === 0 ? "on" : "off"],
      ["weather/oslo/now", `{"celsius":-${1 + (index % 4)},"snow":true}`],
    ];
    const [topic, payload] = said[index % said.length] ?? ["", ""];
    await device.publishAsync(topic, payload, { qos: 1, retain: topic.endsWith("light") });
    await setTimeout(41);
  }
}
