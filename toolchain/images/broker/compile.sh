#!/bin/sh
# Compiles Mosquitto in a throwaway container without a network, whose root is made of Debian packages.
#
# /build holds Debian's source archives, and this project's patches in /build/patches. Standard output gets
# what was compiled, as a tar archive with the paths that an image of Debian packages has. Standard error
# gets a line a step. Exit code 3: a patch does not apply, which the last line names.
#
# SANITIZER=yes compiles for tests, with AddressSanitizer and UndefinedBehaviorSanitizer.
set -eu
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=0 TMPDIR=/work

say() { echo "$*" >&2; }

unpack() {
  case "$1" in *.gz) zcat "$1" ;; *.xz) xzcat "$1" ;; *) say "not known: $1"; exit 1 ;; esac > /work/archive.tar
  shift
  tar -xf /work/archive.tar "$@"
  rm /work/archive.tar
}

# A patch that fits a line further on may fit the wrong place, so none is fuzzy.
apply() {
  patch --batch --forward --fuzz=0 --strip=1 --silent --input="$1" >&2 || { say "patch-failed: $1"; exit 3; }
}

say "unpacking the source"
mkdir -p /work/source /work/image
cd /work/source
unpack /build/*.orig.tar.* --strip-components=1
unpack /build/*.debian.tar.*
say "applying the patches"
while read -r name _; do
  case "$name" in "" | "#"*) ;; *) apply "debian/patches/$name" ;; esac
done < debian/patches/series
for patch in /build/patches/*.patch; do
  if [ -e "$patch" ]; then apply "$patch"; fi
done

# What dpkg-buildflags gives with hardening=+all, without debug information.
case "$(uname -m)" in
  x86_64) protection=-fcf-protection ;;
  aarch64) protection=-mbranch-protection=standard ;;
  *) protection= ;;
esac
common="-std=gnu99 -ffile-prefix-map=/work/source=. -Wformat -Werror=format-security $protection"
if [ "${SANITIZER:-no}" = yes ]; then
  # -fno-sanitize-recover would end the broker at what AddressSanitizer only reports of undefined behaviour.
  sanitizers="-fsanitize=address,undefined -fno-omit-frame-pointer"
  export CFLAGS="-O1 -g $sanitizers $common" CPPFLAGS="" LDFLAGS="$sanitizers"
else
  export CFLAGS="-O2 -fPIE -fstack-protector-strong -fstack-clash-protection $common"
  export CPPFLAGS="-D_FORTIFY_SOURCE=3" LDFLAGS="-Wl,-z,relro -Wl,-z,now -s"
fi

compile() {
  say "compiling $1"
  make --silent --jobs="$(nproc)" --directory="$@" CC=gcc WITH_STRIP=no \
    WITH_DOCS=no WITH_HTTP_API=no WITH_EDITLINE=no WITH_GMOCK=no WITH_SYSTEMD=no WITH_WRAP=no >&2
}
# Not the target `all` of lib, which would compile the C++ library.
compile libcommon libmosquitto_common.a
compile lib libmosquitto.so.1
for part in src client apps/mosquitto_passwd apps/mosquitto_signal apps/db_dump \
  plugins/acl-file plugins/password-file plugins/persist-sqlite; do
  compile "$part"
done

say "packing what was compiled"
libraries=/work/image/usr/lib/$(gcc -print-multiarch)
mkdir -p /work/image/usr/bin /work/image/usr/sbin "$libraries/mosquitto"
cp src/mosquitto /work/image/usr/sbin/
cp client/mosquitto_pub client/mosquitto_sub client/mosquitto_rr apps/mosquitto_passwd/mosquitto_passwd \
  apps/mosquitto_signal/mosquitto_signal apps/db_dump/mosquitto_db_dump /work/image/usr/bin/
cp lib/libmosquitto.so.1 "$libraries/"
cp plugins/*/mosquitto_acl_file.so plugins/*/mosquitto_password_file.so plugins/*/mosquitto_persist_sqlite.so \
  "$libraries/mosquitto/"
cp debian/changelog /work/image/
tar -C /work/image -cf - .
