import { dockerCommand } from "../docker.ts";

/** An image on the engine. */
export interface LocalImage {
  readonly reference: string;
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  /** When it got a name on this engine, in milliseconds since 1970: when it was built or pulled here. */
  readonly tagged: number;
}

/**
 * The images on the engine whose reference fits a pattern, as `docker image ls` takes it, the last built first.
 *
 * The engine's own order is by the date in the image, which is that of its newest package.
 */
export async function localImages(pattern: string): Promise<readonly LocalImage[]> {
  const format = "{{.Repository}}:{{.Tag}}";
  const listed = await dockerCommand(["image", "ls", "--filter", `reference=${pattern}`, "--format", format]);
  const references = listed.stdout.split("\n").filter((line) => line !== "");
  if (references.length === 0) return [];
  const details = "{{.Id}} {{json .Metadata.LastTagTime}} {{json .Config.Labels}}";
  const inspected = await dockerCommand(["image", "inspect", "--format", details, ...references]);
  const images = inspected.stdout.split("\n").flatMap((line, place) => {
    const [, id, time, labels] = /^(\S+) (\S+) (.+)$/.exec(line) ?? [];
    const reference = references[place];
    if (id === undefined || time === undefined || labels === undefined || reference === undefined) return [];
    return [{ reference, id, labels: JSON.parse(labels) ?? {}, tagged: Date.parse(JSON.parse(time)) }];
  });
  return images.sort((one, other) => other.tagged - one.tagged);
}
