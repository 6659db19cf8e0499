import { currentPath, layout } from "./layout.ts";

/** The database of messages and sessions, within the data volume; the name is the persistence plugin's. */
export const databaseName = "mosquitto.sqlite3";

/** What the names of the folders begin with that a damaged database was moved into, and what they become once seen. */
export const damagedPrefix = "damaged-";
export const seenPrefix = "seen-";

/** The file of such a folder that says in one line what was wrong and what was saved. */
export const damageReport = "report";

/**
 * The script of the broker's container: looks at the database before the broker starts on it, at each start.
 *
 * A damaged database is moved into a folder of its own. What SQLite can recover takes its place, also where that is
 * nothing, and the log, `up` and the smoke tests say so until somebody has renamed the folder. A database that could
 * not be looked at for another reason, such as a full disk, stays where it is, as the broker takes it or ends.
 *
 * An image without sqlite3 is left to the broker, which does not start on a database that it cannot read.
 *
 * Recovering comes before moving, and each step is one rename, so that a start that is killed is made good by the next.
 */
export const startScript = `set -u
umask 077
db=${databaseName}
say() { echo "$(date +%Y-%m-%dT%H:%M:%S%z): $1" >&2; }
ask() { sqlite3 -batch -init /dev/null "$@"; }
count() { ask "$1" "SELECT count(*) FROM $2" 2>/dev/null || echo 0; }
recover() {
  rm -f saved.partial saved.partial-journal
  ask "$db" '.recover --ignore-freelist' 2>/dev/null | ask saved.partial >saved.log 2>&1
  if grep -qi 'disk is full\\|disk I/O' saved.log; then
    say "Error: the database is damaged, and there is no room to recover it in ${layout.data}."
    exit 1
  fi
  ask saved.partial "DROP TABLE IF EXISTS lost_and_found" 2>/dev/null
  if [ "$(ask saved.partial 'PRAGMA integrity_check' 2>&1)" != ok ] || [ "$(count saved.partial base_msgs)" = "" ]; then
    rm -f saved.partial
    ask saved.partial 'VACUUM'
  fi
  rm -f saved.log
}
set_aside() {
  aside="${damagedPrefix}$(date +%Y%m%dT%H%M%S)"
  mkdir -p "$aside"
  saved="$(count saved.partial retains) retained messages, $(count saved.partial clients) sessions"
  echo "$1; saved were $saved, $(count saved.partial client_msgs) messages of sessions" >"$aside/${damageReport}"
  for end in "" -wal -shm; do if [ -e "$db$end" ]; then mv "$db$end" "$aside/"; fi; done
  mv saved.partial "$db"
}
if ! cd ${layout.data} || ! touch .; then
  say "Error: the volume of messages and sessions, ${layout.data}, can't be written."
  exit 1
fi
if command -v sqlite3 >/dev/null; then
  if [ ! -e "$db" ] && [ -e saved.partial ]; then mv saved.partial "$db"; fi
  if [ -e "$db" ]; then
    if [ -s "$db" ]; then
      verdict=$(ask "$db" 'PRAGMA quick_check(1)' 2>&1)
      code=$?
      verdict=$(echo "$verdict" | tail -n 1)
    else
      verdict="the file is empty"
      code=0
    fi
    case "$code $verdict" in
      "0 ok") ;;
      0*|*malformed*|*"not a database"*)
        say "Error: the database is damaged ($verdict)."
        recover
        set_aside "$verdict"
        ;;
      *) say "Warning: the database can't be looked at ($verdict)." ;;
    esac
  fi
else
  say "Warning: this image has no sqlite3, so the database is not looked at before the broker starts on it."
fi
for aside in ${damagedPrefix}*; do
  if [ -e "$aside/${damageReport}" ]; then
    say "Error: a damaged database is in ${layout.data}/$aside: $(cat "$aside/${damageReport}")."
  fi
done
exec mosquitto -c ${currentPath("configuration")}
`;
