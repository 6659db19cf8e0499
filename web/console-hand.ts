import type { Locator, Page } from "playwright-core";

/** The messages that are on the screen. */
export function rows(page: Page): Locator {
  return page.getByRole("listbox").getByRole("option").filter({ visible: true });
}

/** Watches a filter, as a person would, until the broker has granted it. */
export async function watch(page: Page, filter: string): Promise<void> {
  await page.getByLabel("Topic filter to watch").fill(filter);
  await page.getByRole("button", { name: "Watch", exact: true }).click();
  await watched(page, filter);
}

/** Waits until the broker has granted a watched filter, so that no message is missed from now on. */
export async function watched(page: Page, filter: string): Promise<void> {
  const entry = page.locator('li[aria-busy="false"]');
  await entry.filter({ has: page.getByRole("button", { name: `Stop watching ${filter}` }) }).waitFor();
}

/** Publishes by the form, as a person would. */
export async function publish(page: Page, topic: string, payload: string): Promise<void> {
  const form = page.getByRole("region", { name: "Publish" });
  await form.getByLabel("Topic").fill(topic);
  await form.getByLabel("Payload").fill(payload);
  await form.getByRole("button", { name: "Publish" }).click();
}
