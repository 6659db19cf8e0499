import { dockerCommand } from "../docker.ts";

/** What an image says of itself. */
export interface ImageDetails {
  /** For people: the program with its version and origin, or the image's reference. */
  readonly title: string;
  /** When the newest of what is in it was made, in milliseconds since 1970. */
  readonly date: number;
  /** The Debian release that it is made of; undefined if it wasn't built here. */
  readonly suite: string | undefined;
  /** Versions of its packages by name; none if it wasn't built here. */
  readonly packages: ReadonlyMap<string, string>;
}

/** What the image of a container says of itself; undefined if there is no such container. */
export async function containerImage(container: string): Promise<ImageDetails | undefined> {
  const found = await dockerCommand(["container", "inspect", "--format", "{{.Image}}", container]);
  return found.exitCode === 0 ? await imageDetails(found.stdout.trim()) : undefined;
}

/** What an image says of itself; undefined if it is not on the engine. */
export async function imageDetails(reference: string): Promise<ImageDetails | undefined> {
  const format =
    '{"created": {{json .Created}}, "labels": {{json .Config.Labels}}, "tags": {{json .RepoTags}}}';
  const found = await dockerCommand(["image", "inspect", "--format", format, reference]);
  if (found.exitCode !== 0) return undefined;
  const { created, labels, tags } = JSON.parse(found.stdout);
  return readDetails(tags?.[0] ?? reference, created, labels ?? {});
}

/** Reads what `imageLabels` writes. Pure. */
export function readDetails(
  reference: string,
  created: string,
  labels: Readonly<Record<string, string>>,
): ImageDetails {
  const suite = labels["naboom-mqtt.suite"];
  const title = labels["org.opencontainers.image.title"];
  const version = labels["org.opencontainers.image.version"];
  return {
    title:
      suite === undefined || !title
        ? reference
        : title.replace(/ from Debian packages$/, ` ${version} from Debian ${suite}`),
    date: Date.parse(labels["naboom-mqtt.date"] ?? created),
    suite,
    packages: readPackages(labels["naboom-mqtt.packages"] ?? ""),
  };
}

function readPackages(label: string): ReadonlyMap<string, string> {
  const pairs = label.split(" ").filter((pair) => pair.includes("="));
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

/** How old an image is, in one sentence. Pure. */
export function describeAge({ title, date, suite }: ImageDetails, now: number): string {
  const days = Math.max(0, Math.floor((now - date) / 86_400_000));
  const day = new Date(date).toISOString().slice(0, 10);
  const age = days === 1 ? "1 day" : `${days} days`;
  return suite === undefined
    ? `Image: ${title}, made on ${day} (${age} ago).`
    : `Image: ${title}, whose newest package was made on ${day} (${age} ago).`;
}
