import { publishMount } from "./delivery.ts";

/**
 * The script that finds the newest revision that is older than the one in force, and prints the folders of
 * both, the one in force first. It changes nothing.
 *
 * Newer ones are left out: those are what was gone back from. So are those of the same time, of which nothing tells
 * which was first. Exits with 1 where there is no earlier revision.
 */
export const lookBackScript = `set -eu
cd ${publishMount}
now=$(readlink current)
earlier=
for revision in $(ls -1dt rev-*); do
  if [ "$revision" -ot "$now" ]; then earlier=$revision; break; fi
done
if [ -z "$earlier" ]; then echo "there is no earlier revision" >&2; exit 1; fi
echo "$now"
echo "$earlier"
if ! cmp -s "$now/mosquitto.conf" "$earlier/mosquitto.conf"; then
  echo "the earlier revision has another mosquitto.conf; put the settings back and run npm run up" >&2
  exit 1
fi
`;

/**
 * The script that puts the revision `$2` in force in the place of `$1`; their order stays as it is.
 *
 * Exits with 1, and leaves the volume as it was, where an update came in between.
 */
export const swapScript = `set -eu
cd ${publishMount}
if [ "$(readlink current)" != "$1" ] || [ ! -d "$2" ]; then
  echo "an update has changed the revisions meanwhile" >&2
  exit 1
fi
rm -f .current-*
ln -s "$2" .current-back
mv -T .current-back current
sync
`;

/** What a broker can go back to. */
export interface EarlierRevision {
  /** The folder of the revision in force. */
  readonly inForce: string;
  /** The folder of the one before it. */
  readonly earlier: string;
}

/** Reads what {@link lookBackScript} has printed. */
export function readEarlierRevision(printed: string): EarlierRevision {
  const [inForce = "", earlier = ""] = printed.split("\n");
  return { inForce, earlier };
}
