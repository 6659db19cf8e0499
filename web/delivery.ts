import { consoleFileNames, consoleHealthcheck, consoleLayout } from "./layout.ts";

/** Where the publish container sees the volume; it unpacks the new files where the server will see them. */
export const consolePublishMount = "/volume";

/** How many revisions the volume keeps, the one in force among them. */
const KEPT_REVISIONS = 2;

const { current, owner, archive } = consoleLayout;
const CONFIGURATION = `${current}/${consoleFileNames.configuration}`;

/**
 * The script of the publish container: the server itself must take the new files, certificate and key
 * included; only then are they copied into the volume and put in force with one rename.
 *
 * Takes the revision's id as its first argument. Runs as root with the capabilities CHOWN, DAC_OVERRIDE
 * and FOWNER. Exits with 1, and leaves the volume as it was, when the server refuses the files.
 */
export const consolePublishScript = `set -eu
mkdir -p ${current}
tar -xpf ${archive} -C ${current}
if ! message=$(nginx -e stderr -t -q -g 'user console console;' -c ${CONFIGURATION} 2>&1); then
  echo "$message" >&2
  exit 1
fi
cd ${consolePublishMount}
target="rev-$1"
rm -rf .partial-* .current-*
mkdir .partial-new
cp -a ${current}/. .partial-new/
chown -R ${owner}:${owner} .partial-new
sync
rm -rf .old
if [ -e "$target" ]; then mv -T "$target" .old; fi
mv -T .partial-new "$target"
rm -rf .old
touch "$target"
ln -s "$target" .current-new
mv -T .current-new current
sync
ls -1dt rev-* | tail -n +${KEPT_REVISIONS + 1} | while read -r old; do rm -rf "$old"; done
echo "revision $1 is in force"
`;

/** How often, and how many times, the reload asks whether the server has taken the files over; 15 s in all. */
const PATIENCE = Object.freeze({ pauseSeconds: 0.05, attempts: 300 });

/**
 * The script of the reload container, which shares the server's process and network namespaces and its
 * user: sends SIGHUP, then waits for the health page to tell the id of the new revision, and for the former workers to
 * take no more requests. The server starts new workers first, so that for a moment both answer.
 *
 * Takes the revision's id as its first argument. Exits with 1 when the server goes on with other files.
 */
export const consoleReloadScript = `set -eu
serves() { grep -qs '[n]ginx: worker' "$1" && ! grep -qs 'shutting down' "$1"; }
former() { for worker in $workers; do if serves "$worker"; then echo "$worker"; fi; done; }
workers=$(grep -ls '[n]ginx: worker' /proc/[0-9]*/cmdline || true)
kill -HUP 1
attempt=0
until [ "$(${consoleHealthcheck.join(" ")} 2>/dev/null)" = "$1" ] && [ -z "$(former)" ]; do
  attempt=$((attempt + 1))
  if [ "$attempt" -ge ${PATIENCE.attempts} ]; then echo "the server did not take revision $1 over" >&2; exit 1; fi
  sleep ${PATIENCE.pauseSeconds}
done
echo "revision $1 is taken over"
`;
