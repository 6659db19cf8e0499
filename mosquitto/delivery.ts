import { basename } from "node:path";
import { idScript } from "./files-in-force.ts";
import { healthcheckCommand } from "./healthcheck.ts";
import { layout } from "./layout.ts";

/** Where the publish container sees the volume; it unpacks the new files where a broker will see them. */
export const publishMount = "/volume";

/** How many revisions the volume keeps, the one in force among them. */
const KEPT_REVISIONS = 3;

/** How often, and how many times, a reload asks whether the broker answers; 15 seconds in all. */
const PATIENCE = Object.freeze({ pauseSeconds: 0.05, attempts: 300 });

const CHECK = healthcheckCommand(layout.current);

/** The record's name in the volume. */
export const recordName = basename(layout.record);

/** The name in the volume of the record of what is proved. */
export const proofName = basename(layout.proof);

/**
 * The script of the publish container: copies a revision's files into the volume and puts them in force with one rename.
 *
 * Takes the revision's id as its first argument. Exits with 1, and leaves the volume as it was, where the files have
 * come as others than those, byte for byte, that were proved.
 *
 * The records go in just before the files: one that is ahead of the files has a number refused at worst, and one that is
 * behind would let an old password back in.
 *
 * Revisions are ordered by their time. One that is newer than the one in force was given up, by `rotate -- back` or
 * by a kill, and is removed: the new files are not to be gone back from to it.
 */
export const publishScript = `set -eu
mkdir -p ${layout.current}
tar -xzpf ${layout.archive} -C ${layout.current}
cd ${layout.current}
id=$(${idScript})
if [ "$id" != "$1" ]; then echo "the files have come as $id, and $1 was proved" >&2; exit 1; fi
cd ${publishMount}
same_as() {
  for file in ${layout.current}/*; do cmp -s "$file" "$1/\${file##*/}" || return 1; done
}
target="rev-$1"
if [ -e "$target" ] && ! same_as "$target"; then target="rev-$1-$(date +%s)"; fi
if [ ! -e "$target" ]; then
  rm -rf .partial-*
  mkdir -m 0700 ".partial-$1"
  cp -p ${layout.current}/* ".partial-$1/"
  same_as ".partial-$1"
  chown ${layout.owner}:${layout.owner} ".partial-$1"
  sync
  mv -T ".partial-$1" "$target"
fi
if now=$(readlink current); then
  for revision in rev-*; do
    if [ "$revision" != "$target" ] && [ "$revision" -nt "$now" ]; then rm -rf "$revision"; fi
  done
fi
touch "$target"
put() {
  if [ ! -e "$1" ]; then return; fi
  cp "$1" .partial-record
  sync
  mv -T .partial-record "$2"
}
put ${layout.record} ${recordName}
put ${layout.proof} ${proofName}
rm -f .current-*
ln -s "$target" ".current-$1"
mv -T ".current-$1" current
sync
ls -1dt rev-* | tail -n +${KEPT_REVISIONS + 1} | while read -r old; do rm -rf "$old"; done
echo "revision $1 is in force"
`;

/**
 * The script of the reload container, which shares the broker's process and network namespaces: sends
 * SIGHUP, then proves the reload by logging in with the healthcheck's password of the new revision.
 *
 * SIGHUP itself gives no sign of success. Exits with 1 when the new password is not taken.
 */
export const reloadScript = `set -eu
kill -HUP 1
attempt=0
until message=$( ${CHECK} 2>&1 >/dev/null); do
  attempt=$((attempt + 1))
  if [ "$attempt" -ge ${PATIENCE.attempts} ]; then echo "the log-in after the reload failed: $message" >&2; exit 1; fi
  sleep ${PATIENCE.pauseSeconds}
done
echo "revision $1 is taken over"
`;

/** How the script below exits where a revision is in force and nothing tells which. */
export const NO_RECORD = 3;

/** The script that prints the record of what is in force; nothing where no revision is. */
export const readRecordScript = `cd ${publishMount} || exit 1
if [ -e ${recordName} ]; then exec cat ${recordName}; fi
if [ -h current ]; then exit ${NO_RECORD}; fi
`;

/** The script that prints the record of what is proved; nothing where there is none. */
export const readProofScript = `cd ${publishMount} && if [ -e ${proofName} ]; then exec cat ${proofName}; fi`;

/** The script that has the next update take the config as it stands, whatever was in force. */
export const forgetRecordScript = `echo null >${publishMount}/${recordName}`;
