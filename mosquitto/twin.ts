import { healthcheckCommand } from "./healthcheck.ts";
import { currentPath, layout } from "./layout.ts";

/** Where a twin finds the volume of revisions, if it is a twin of the running broker. */
export const twinSource = "/source";

/** What the script below prints on stdout once its broker lets the healthcheck in. */
export const TWIN_READY = "ready";

/** How often, and for how many seconds, the script asks whether its broker answers. */
const PATIENCE = Object.freeze({ pauseSeconds: 0.05, seconds: 15 });

/** Lines of the broker's log that are handed on; each subscription of a proof would be one more. */
const LOG_LINES = 50;

/**
 * The script of a twin: a broker that runs on the files of one revision, with an empty database, until its stdin ends.
 *
 * The files come as a tar archive of `$1` bytes on stdin, or, if that is 0, from the revision in force in the volume
 * of revisions. Whoever started the twin holds its stdin, so that the twin ends with whoever started it, be it by SIGKILL.
 *
 * Prints {@link TWIN_READY} on stdout once it stands, and the broker's first words on stderr. Exits with 1 where the
 * broker does not stand, or ends before its stdin.
 */
export const twinScript = `set -u
umask 077
mkdir ${layout.current}
if [ "$1" -gt 0 ]; then head -c "$1" | tar -xpf - -C ${layout.current}
else cp -p ${twinSource}/current/* ${layout.current}/; fi || exit 1
mkfifo /tmp/log
{ head -n ${LOG_LINES}; exec cat >/dev/null; } </tmp/log >&2 &
mosquitto -c ${currentPath("configuration")} >/tmp/log 2>&1 &
broker=$!
deadline=$(($(date +%s) + ${PATIENCE.seconds}))
until message=$( ${healthcheckCommand(layout.current)} 2>&1 >/dev/null); do
  if ! kill -0 $broker 2>/dev/null; then wait $broker; echo "mosquitto exited with code $?" >&2; sleep 0.1; exit 1; fi
  if [ "$(date +%s)" -ge "$deadline" ]; then echo "the log-in to the twin failed: $message" >&2; exit 1; fi
  sleep ${PATIENCE.pauseSeconds}
done
echo ${TWIN_READY}
exec 3<&0
(cat <&3 >/dev/null; kill -TERM $broker) &
wait $broker
code=$?
echo "mosquitto exited with code $code" >&2
exit 1
`;
