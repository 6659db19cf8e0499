import { expect, test } from "vitest";
import { brokerImage } from "./broker/recipe.ts";
import { imageLabels } from "./debian-image.ts";
import { describeAge, readDetails } from "./image-details.ts";

const day = 86_400_000;
const made = Date.UTC(2026, 1, 3);

test("an image that was built here tells its program, Debian's release, its newest package and its packages", () => {
  const versions = new Map([
    ["libc6", "2.43-7"],
    ["mosquitto", "2.1.2-3"],
    ["zlib1g", "1:1.3.dfsg+really1.3.2-3"],
  ]);
  const labels = imageLabels(brokerImage(), { versions, date: made, compiled: undefined, compiler: "" });
  const details = readDetails("naboom-mqtt/mosquitto:x", "2026-09-09T00:00:00Z", labels);
  expect(details.packages).toEqual(versions);
  expect(describeAge(details, made + 12 * day)).toBe(
    "Image: Mosquitto 2.1.2-3 from Debian forky, whose newest package was made on 2026-02-03 (12 days ago).",
  );
});

test("an image from elsewhere is as old as it says", () => {
  const details = readDetails("eclipse-mosquitto:2.1.2-alpine", "2026-02-03T10:00:00Z", {});
  expect(details.packages.size).toBe(0);
  expect(describeAge(details, made + 1.6 * day)).toBe(
    "Image: eclipse-mosquitto:2.1.2-alpine, made on 2026-02-03 (1 day ago).",
  );
});
