import type { Page, WebSocketRoute } from "playwright-core";
import { describe, expect, test } from "vitest";
import { rows, watch, watched } from "./console-hand.ts";
import { type ConsoleStage, onConsoleStage } from "./console-stage.ts";

let stage: ConsoleStage;
onConsoleStage((set) => {
  stage = set;
});

describe("a payload", () => {
  test("is shown, copied and edited as it was sent, to the last digit", async () => {
    const sent = '{"id":12345678901234567890,"price":1.0,"big":1e400,"a":1,"a":2}';
    const page = await stage.enter();
    await watch(page, "site/exact");
    await stage.device.publishAsync("site/exact", sent, { qos: 1 });
    await rows(page).click();
    const details = page.getByRole("complementary", { name: "The chosen message" });
    const shown = await details.getByLabel("Payload").textContent();
    expect(shown?.replaceAll(/\s/g, "")).toBe(sent);
    expect(shown?.split("\n")).toHaveLength(7);
    expect(await copied(page, "Copy payload")).toBe(sent);
    await details.getByRole("button", { name: "Edit and publish" }).click();
    expect(await page.getByLabel("Payload").and(page.locator("textarea")).inputValue()).toBe(sent);
    const received = await stage.listen("site/again");
    await page.getByLabel("Topic", { exact: true }).fill("site/again");
    await page.getByRole("region", { name: "Publish" }).getByRole("button", { name: "Publish" }).click();
    expect(String(await received.payload)).toBe(sent);
  });

  test("that is no text is not edited, and the page says why; its digits can be copied, all of them", async () => {
    const binary = Buffer.concat([Buffer.from("00ff0102fe800a41", "hex"), Buffer.alloc(8_992, 0xfe)]);
    const page = await stage.enter();
    await watch(page, "site/binary");
    await stage.device.publishAsync("site/binary", binary, { qos: 1 });
    await rows(page).getByText("(binary, 9.0 kB)", { exact: true }).click();
    const details = page.getByRole("complementary", { name: "The chosen message" });
    expect(await details.getByRole("button", { name: "Edit and publish" }).isDisabled()).toBe(true);
    await details.getByText("It can't be edited here: the payload is not UTF-8 text.").waitFor();
    expect(await copied(page, "Copy as hexadecimal")).toBe(binary.toString("hex"));
  });
});

test("a topic or payload that would be read in another order than it was sent shows the controls that do so", async () => {
  const page = await stage.enter();
  await watch(page, "site/#");
  await stage.device.publishAsync("site/\u202elive", "\u2066now\u202eevil", { qos: 1 });
  const row = rows(page).filter({ hasText: "site/<U+202E>live" });
  await row.getByText("<U+2066>now<U+202E>evil", { exact: true }).click();
  const details = page.getByRole("complementary", { name: "The chosen message" });
  expect(await details.getByRole("heading").textContent()).toBe("site/<U+202E>live");
  await details.getByRole("button", { name: "Edit and publish" }).click();
  expect(await page.getByLabel("Topic", { exact: true }).inputValue()).toBe("site/\u202elive");
  expect(await page.locator("textarea").inputValue()).toBe("\u2066now\u202eevil");
});

describe("retained messages", () => {
  test("are kept apart, and can be removed from the broker", async () => {
    await stage.device.publishAsync("site/hall/state", "online", { qos: 1, retain: true });
    const page = await stage.enter();
    await watch(page, "site/+/state");
    await page.getByRole("tab", { name: /Retained/ }).click();
    await rows(page).filter({ hasText: "online" }).click();
    await page.getByRole("button", { name: "Remove retained" }).click();
    await page.getByText("No retained message under what you watch.").waitFor();
    const later = await stage.enter();
    await watch(later, "site/+/state");
    await stage.device.publishAsync("site/gate/state", "open", { qos: 1 });
    await rows(later).filter({ hasText: "site/gate/state" }).waitFor();
    expect(await rows(later).count()).toBe(1);
  });

  test("are listed until they expire", async () => {
    const page = await stage.enter();
    await watch(page, "site/brief");
    await page.getByRole("tab", { name: /Retained/ }).click();
    const properties = { messageExpiryInterval: 3 };
    await stage.device.publishAsync("site/brief", "brief", { qos: 1, retain: true, properties });
    await rows(page).filter({ hasText: "site/brief" }).waitFor();
    await page.getByText("No retained message under what you watch.").waitFor({ timeout: 10_000 });
    expect(await page.getByRole("tab", { name: "Retained 0" }).count()).toBe(1);
  });

  test("that were removed while the page was away are gone when it is back, and the others are not", async () => {
    for (const name of ["gone", "kept"]) {
      await stage.device.publishAsync(`site/away/${name}`, "on", { qos: 1, retain: true });
    }
    const line = new Line();
    const page = await stage.enter((page) => line.lay(page));
    await watch(page, "site/away/+");
    await page.getByRole("tab", { name: "Retained 2" }).click();
    await line.cut();
    await page.getByRole("status").getByText("Broker away: ").waitFor();
    await stage.device.publishAsync("site/away/gone", "", { qos: 1, retain: true });
    line.mend();
    await page.getByRole("status").getByText("Connected", { exact: true }).waitFor();
    await watched(page, "site/away/+");
    await page.getByRole("tab", { name: "Retained 1" }).waitFor();
    expect(await rows(page).getByText(/^site/).allTextContents()).toEqual(["site/away/kept"]);
  });
});

/** The line from a page to its broker: once cut, the page connects again when it is mended, and not before. */
class Line {
  #socket: WebSocketRoute | undefined;
  #mended = Promise.resolve();
  mend: () => void = () => undefined;

  async lay(page: Page): Promise<void> {
    await page.routeWebSocket(/^wss:/, async (socket) => {
      await this.#mended;
      this.#socket = socket;
      socket.connectToServer();
    });
  }

  async cut(): Promise<void> {
    this.#mended = new Promise((resolve) => {
      this.mend = resolve;
    });
    await this.#socket?.close();
  }
}

/** Presses a button that copies, and tells what is in the clipboard then. */
async function copied(page: Page, button: string): Promise<string> {
  await stage.browser.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.bringToFront();
  await page.getByRole("button", { name: button }).click();
  await page.getByText("Copied.").waitFor();
  return await page.evaluate<string>("navigator.clipboard.readText()");
}
