import { X509Certificate } from "node:crypto";
import { reloadedLine } from "./configuration.ts";
import { publishMount } from "./delivery.ts";
import { clientCertificateFileNames, revisionFileNames } from "./layout.ts";

/**
 * What a running broker does not read anew, but for a line that it does, and what a person calls it. It is compared as the files have it, so that
 * it does not matter which setting has changed it.
 */
const FIXED: Readonly<Record<string, string>> = Object.freeze({
  [revisionFileNames.configuration]: "mosquitto.conf",
  [clientCertificateFileNames.clientAuthority]: "authority of clients' certificates",
});

/** What parts the answers; no line of a PEM text is so. */
const MARK = "# ---";

/**
 * The script that finds the newest revision that is older than the one in force, and prints what
 * {@link readEarlierRevision} reads of both, without a secret. It changes nothing.
 *
 * Newer ones are left out: those are what was gone back from. So are those of the same time, of which nothing tells
 * which was first. Exits with 1 where there is no earlier revision.
 */
export const lookBackScript = `set -eu
cd ${publishMount}
fixed() { if [ -e "$1" ]; then grep -v '^${reloadedLine}' "$1"; else echo missing; fi; }
now=$(readlink current)
earlier=
for revision in $(ls -1dt rev-*); do
  if [ "$revision" -ot "$now" ]; then earlier=$revision; break; fi
done
if [ -z "$earlier" ]; then echo "there is no earlier revision" >&2; exit 1; fi
echo "$now"
echo "$earlier"
for file in ${Object.keys(FIXED).join(" ")}; do
  if [ ! -e "$now/$file" ] && [ ! -e "$earlier/$file" ]; then continue; fi
  [ "$(fixed "$now/$file")" = "$(fixed "$earlier/$file")" ] || echo "$file"
done
for revision in "$now" "$earlier"; do
  echo '${MARK}'
  cat "$revision/${revisionFileNames.certificate}"
done
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
  /** What the one before it has another of, which a running broker cannot take over. */
  readonly obstacles: readonly string[];
}

/** Reads what {@link lookBackScript} has printed. */
export function readEarlierRevision(printed: string): EarlierRevision {
  const [head = "", ...certificates] = printed.split(`${MARK}\n`);
  const [inForce = "", earlier = "", ...differing] = head.trimEnd().split("\n");
  const [now, before] = certificates.map(keyType);
  const others = differing.map((file) => FIXED[file] ?? file);
  const obstacles = now === before ? others : [...others, `kind of server key (${before} instead of ${now})`];
  return { inForce, earlier, obstacles };
}

/**
 * The kind of a server's key, as Node names it. No image has a tool that tells it.
 *
 * @param chain the server's own certificate comes first
 */
function keyType(chain: string): string | undefined {
  return new X509Certificate(chain).publicKey.asymmetricKeyType;
}
