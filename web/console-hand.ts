import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

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

/** Nothing is wider than the screen. */
export async function fits(page: Page): Promise<void> {
  const width = await page.evaluate<number>("document.documentElement.scrollWidth");
  expect(width).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0);
}

/** The whole of an element is on the screen, without scrolling, and nothing lies over what is to be read. */
export async function canBeRead(page: Page, wanted: Locator, ...texts: readonly Locator[]): Promise<void> {
  const { width, height } = page.viewportSize() ?? { width: 0, height: 0 };
  const place = async () => {
    const { x, y, ...box } = (await wanted.boundingBox()) ?? { x: -1, y: -1, width: 0, height: 0 };
    return x >= 0 && y >= 0 && x + box.width <= width && y + box.height <= height;
  };
  await expect.poll(place, { message: `on a screen of ${width}x${height}` }).toBe(true);
  // A press that is only tried: it fails unless the middle of the element would get it.
  for (const text of [wanted, ...texts]) await text.click({ trial: true, timeout: 5_000 });
}
