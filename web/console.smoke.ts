import { describe, expect, test } from "vitest";
import { listenerIn } from "../mosquitto/listener.ts";
import { TestBrowser } from "../toolchain/browser.ts";
import { publish, rows, watch, watched } from "./console-hand.ts";
import { type ConsoleStage, onConsoleStage, USERS } from "./console-stage.ts";

let stage: ConsoleStage;
onConsoleStage((set) => {
  stage = set;
});

describe("logging in", () => {
  test("needs a browser that trusts the stack's authority", async () => {
    const stranger = await TestBrowser.launch();
    try {
      await expect(stranger.open(stage.url)).rejects.toThrow("ERR_CERT_AUTHORITY_INVALID");
    } finally {
      await stranger.close();
    }
  });

  test("lets an account in, and tells what it may read and write and where it may connect", async () => {
    const page = await stage.enter();
    const rights = page.getByRole("region", { name: "Rights of ann" });
    const rules = rights.getByRole("list").first().getByRole("listitem");
    await rules.first().waitFor();
    const told = (await rules.allTextContents()).map((text) => text.replace(/Watch$/, "")).sort();
    expect(told).toEqual(["inboxwrite", "site/#read and write", "site/locks/#denied", "weather/+/nowread"]);
    await rights.getByText(listenerIn(stage.outputs.listeners, "mqtts").url).waitFor();
    expect(await page.title()).toBe("naboom-mqtt, connected");
  });

  test("with a wrong password is refused with the broker's reason, and the field is empty again", async () => {
    const page = await stage.open();
    await page.getByLabel("Account").fill("ann");
    await page.getByLabel("Password").fill("not-the-password");
    await page.getByRole("button", { name: "Log in" }).click();
    const refusal = "The broker refused ann: not authorised (0x87). Check the account's name and password, ";
    await page.getByRole("alert").getByText(`${refusal}and that it may log in on wss.`).waitFor();
    expect(await page.getByLabel("Password").inputValue()).toBe("");
    expect(await page.getByLabel("Account").inputValue()).toBe("ann");
    expect(await page.getByRole("heading", { name: "Publish" }).isVisible()).toBe(false);
  });

  test("leaves nothing behind: not in a store, not in the page, not in the history", async () => {
    const page = await stage.enter();
    expect(await page.evaluate(STORED)).toEqual({
      local: 0,
      session: 0,
      cookies: "",
      databases: 0,
      caches: 0,
    });
    expect((await stage.browser.context.cookies()).length).toBe(0);
    expect(await page.content()).not.toContain(stage.password("ann"));
    expect(await page.getByLabel("Password").inputValue()).toBe("");
    expect(page.url()).toBe(stage.url);
    await page.reload();
    await page.getByRole("button", { name: "Log in" }).waitFor();
  });
});

describe("logging out", () => {
  test("takes the messages down: neither the rows nor the chosen one are left in the page, hidden or not", async () => {
    const page = await stage.enter();
    await watch(page, "site/#");
    for (const index of [1, 2, 3]) {
      await stage.device.publishAsync(`site/private/${index}`, `"confidential"`, { qos: 1, retain: true });
    }
    await rows(page).filter({ hasText: "site/private/3" }).click();
    await page.getByRole("complementary").getByLabel("Payload").getByText("confidential").waitFor();
    await page.getByLabel("Show only topics that contain").fill("private");
    // At once: a page in the background draws no next frame.
    const left = await page.evaluate<string>(LOG_OUT);
    expect(left).toContain("Log in");
    expect(left).not.toMatch(/site|private|confidential/);
    // Options of the forms are values, which are no text.
    expect(await page.content()).not.toMatch(/private|confidential|inbox/);
    for (const index of [1, 2, 3]) {
      await stage.device.publishAsync(`site/private/${index}`, "", { qos: 1, retain: true });
    }
    await page.getByLabel("Password").fill(stage.password("ann"));
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("Watch a topic filter, and its messages appear here as they come.").waitFor();
    expect(await rows(page).count()).toBe(0);
  });
});

describe("messages", () => {
  test("that are no longer shown have no text in the page", async () => {
    const page = await stage.enter();
    await watch(page, "site/#");
    await stage.device.publishAsync("site/passing", "and gone", { qos: 1 });
    await rows(page).filter({ hasText: "site/passing" }).waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByText("Nothing has come yet.").waitFor();
    expect(await page.evaluate<string>("document.body.textContent")).not.toMatch(/passing|and gone/);
  });

  test("of another client appear as they come, and whole once chosen", async () => {
    const page = await stage.enter();
    await watch(page, "site/+/temperature");
    await stage.device.publishAsync("site/hall/temperature", '{"celsius":21.5}', { qos: 1 });
    const row = rows(page).filter({ hasText: "site/hall/temperature" });
    await row.getByText('{"celsius":21.5}').click();
    const details = page.getByRole("complementary", { name: "The chosen message" });
    expect(await details.getByLabel("Payload").textContent()).toBe('{\n  "celsius": 21.5\n}');
    expect(await row.getAttribute("aria-selected")).toBe("true");
  });

  test("on a denied topic do not come, and the page says so beforehand", async () => {
    const page = await stage.enter();
    await page.getByLabel("Topic filter to watch").fill("site/locks/#");
    await page.getByText("This account may read nothing of this").waitFor();
    await page.getByRole("button", { name: "Watch", exact: true }).click();
    await page.getByText("not readable").waitFor();
    await watch(page, "site/hall/#");
    await stage.device.publishAsync("site/locks/door", "secret", { qos: 1 });
    await stage.device.publishAsync("site/hall/after", "later", { qos: 1 });
    await rows(page).filter({ hasText: "site/hall/after" }).waitFor();
    expect(await rows(page).filter({ hasText: "site/locks/door" }).count()).toBe(0);
  });
});

describe("publishing", () => {
  test("tells that the broker has acknowledged it, once it has", async () => {
    const page = await stage.enter();
    const received = await stage.listen("site/desk");
    await publish(page, "site/desk", "hello");
    await page.getByText(/^Acknowledged by the broker in \d+ ms\.$/).waitFor();
    expect(String(await received.payload)).toBe("hello");
  });

  test("to a denied topic is shown as denied, with the broker's reason", async () => {
    const page = await stage.enter();
    await publish(page, "site/locks/door", "open");
    await page.getByText("Denied by the broker: not authorised (0x87).").waitFor();
    await page.getByText("The rights of this account do not cover this topic.").waitFor();
  });

  test("has an outcome that is told no longer than its message is in the form", async () => {
    const page = await stage.enter();
    await watch(page, "site/#");
    const denied = page.getByText("Denied by the broker: not authorised (0x87).");
    await publish(page, "site/locks/door", "open");
    await denied.waitFor();
    await page.getByLabel("Topic", { exact: true }).fill("site/desk");
    expect(await denied.count()).toBe(0);
    await publish(page, "site/locks/door", "open");
    await denied.waitFor();
    await stage.device.publishAsync("site/hall/light", "on", { qos: 1 });
    await rows(page).filter({ hasText: "site/hall/light" }).click();
    await page.getByRole("button", { name: "Edit and publish" }).click();
    expect(await denied.count()).toBe(0);
  });

  test("of more than the broker takes is not sent, and the connection stays", async () => {
    const page = await stage.enter();
    await publish(page, "site/desk", "x".repeat(300_000));
    await page.getByText("Not sent: the broker takes 262,144 bytes at most.").waitFor();
    await page.getByRole("status").getByText("Connected", { exact: true }).waitFor();
  });
});

describe("a broker that goes away", () => {
  test("is told with a countdown, and when it is back the page is too, with what it watched", async () => {
    const page = await stage.enter();
    await watch(page, "site/#");
    await stage.broker("stop");
    await page.getByRole("status").getByText("Broker away: ").waitFor();
    await page.getByText(/^retry in \d+ s$/).waitFor();
    await publish(page, "site/desk", "into the void");
    await page.getByText("Not sent: the broker is away.").waitFor();
    // By now a pause is long enough for the button to be there until it is pressed.
    await page.getByText(/^retry in ([5-9]|1\d) s$/).waitFor();
    await stage.broker("start");
    await page.getByRole("button", { name: "Retry now" }).click();
    await page.getByRole("status").getByText("Connected", { exact: true }).waitFor({ timeout: 60_000 });
    await watched(page, "site/#");
    await expect.poll(() => stage.device.connected, { timeout: 30_000 }).toBe(true);
    await stage.device.publishAsync("site/back", "again", { qos: 1 });
    await rows(page).filter({ hasText: "again" }).waitFor();
    expect(await rows(page).filter({ hasText: "into the void" }).count()).toBe(0);
  });

  test("by a restart is reached again without anybody's doing", async () => {
    const page = await stage.enter();
    await watch(page, "site/#");
    const away = page.getByRole("status").getByText("Broker away: ").waitFor();
    await stage.broker("restart");
    await away;
    await page.getByRole("status").getByText("Connected", { exact: true }).waitFor({ timeout: 60_000 });
    await watched(page, "site/#");
    await expect.poll(() => stage.device.connected, { timeout: 30_000 }).toBe(true);
    await stage.device.publishAsync("site/restarted", "by itself", { qos: 1 });
    await rows(page).filter({ hasText: "by itself" }).waitFor();
  });

  test("before anybody is in is told at the door, with a way out", async () => {
    await stage.broker("stop");
    const page = await stage.open();
    await page.getByLabel("Account").fill("ann");
    await page.getByLabel("Password").fill(stage.password("ann"));
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").getByText("No answer from wss://localhost").waitFor();
    await page.getByRole("button", { name: /^Next attempt in \d+ s$/ }).waitFor();
    await stage.broker("start");
    await page.getByRole("status").getByText("Connected", { exact: true }).waitFor({ timeout: 60_000 });
  });
});

describe("an account whose password is rotated", () => {
  test("is logged out with the reason, and nothing of its session stays", async () => {
    const page = await stage.enter();
    await watch(page, "site/#");
    await stage.device.publishAsync("site/before", "the day", { qos: 1 });
    await rows(page).filter({ hasText: "site/before" }).click();
    await stage.throwaway.configure({
      ...stage.settings,
      users: { ...USERS, ann: { ...USERS.ann, generation: 2 } },
    });
    const { exitCode, output } = await stage.throwaway.up();
    expect(exitCode, output).toBe(0);
    const reason = "The broker refuses ann now: not authorised (0x87). Its password may have been rotated.";
    await page.getByRole("alert").getByText(reason).waitFor({ timeout: 60_000 });
    expect(await page.getByRole("region", { name: "Messages" }).isVisible()).toBe(false);
    expect(await page.content()).not.toContain("site/#");
    expect(await page.evaluate<string>("document.body.textContent")).not.toMatch(/site\/before|the day/);
  });
});

/** Logs out, and tells what texts the page has before its next frame. */
const LOG_OUT = `(() => {
  document.getElementById("log-out").click();
  return document.body.textContent;
})()`;

const STORED = `(async () => ({
  local: localStorage.length,
  session: sessionStorage.length,
  cookies: document.cookie,
  databases: (await indexedDB.databases()).length,
  caches: (await caches.keys()).length,
}))()`;
