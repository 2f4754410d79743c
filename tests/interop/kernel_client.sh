#!/bin/sh
# Runs as init of a user-mode-linux kernel whose root is this machine's file system: mounts the share
# with the kernel's own SMB client in each dialect, works on it, and prints a line for each result.
# The kernel's command line gives sluice_*: directory for the results, server, port.
set -u

# Where run_uml.py had to do without the extended register sets, only the SSE registers survive a trap:
# the C library must not choose AVX.
if [ -z "${GLIBC_TUNABLES:-}" ]; then
  features=-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-AVX_Fast_Unaligned_Load,-BMI2,-XSAVEC,-XSAVE
  GLIBC_TUNABLES="glibc.cpu.hwcaps=$features" exec "$0"
fi

mount -t proc proc /proc
argument() { sed -n "s/.*$1=\([^ ]*\).*/\1/p" /proc/cmdline; }
work=$(argument sluice_work)
server=$(argument sluice_server)
port=$(argument sluice_port)
client=$(argument sluice_client)
result="$work/result"

finish() {
  sync
  echo "end" >>"$result"
  # User-mode-linux ends its process when the machine halts.
  echo o >/proc/sysrq-trigger
  sleep 5
}
trap finish EXIT

ip link set lo up
ip addr add "$client/24" dev vec0
ip link set vec0 up

modules=$(echo /usr/lib/uml/modules/*/kernel)
load() { # built-in modules have no file
  file=$(find "$modules" -name "$1.ko" | head -n 1)
  [ -z "$file" ] || insmod "$file" >>"$work/insmod.log" 2>&1
}
for name in oid_registry asn1_decoder dns_resolver cifs_arc4 cifs_md4 hmac cmac ecb md5 sha256 \
  sha256_generic sha512 sha512_generic ccm gf128mul ghash-generic gcm ctr seqiv cifs; do
  load "$name"
done
grep -q cifs /proc/filesystems || { echo "FAIL cifs.ko did not load" >>"$result"; exit 1; }

mount -t tmpfs tmpfs /mnt
mkdir /mnt/share /mnt/local
head -c 8388608 /dev/urandom >/mnt/local/data
sum() { sha256sum <"$1" | cut -d' ' -f1; }

try() { # what command...: a line for the result
  what=$1
  shift
  if "$@" >/mnt/local/output 2>&1; then
    echo "ok $what" >>"$result"
  else
    echo "FAIL $what: $(tail -n 2 /mnt/local/output | tr '\n' ' ') $(dmesg | tail -n 2 | tr '\n' ' ')" >>"$result"
    return 1
  fi
}

work_on() {
  dir=/mnt/share/$1
  try "$1 mkdir" mkdir "$dir" || return
  try "$1 write" cp /mnt/local/data "$dir/data"
  sync
  echo 3 >/proc/sys/vm/drop_caches
  try "$1 read back" test "$(sum "$dir/data")" = "$(sum /mnt/local/data)"
  try "$1 append" sh -c "echo more >>'$dir/data'"
  try "$1 size after append" test "$(stat -c %s "$dir/data")" = 8388613
  try "$1 rename" mv "$dir/data" "$dir/Renamed file"
  try "$1 truncate" truncate -s 100 "$dir/Renamed file"
  try "$1 size after truncate" test "$(stat -c %s "$dir/Renamed file")" = 100
  try "$1 set time" touch -d '2020-02-02 02:02:02 UTC' "$dir/Renamed file"
  try "$1 time" test "$(stat -c %Y "$dir/Renamed file")" = 1580608922
  for i in 1 2 3 4 5 6 7 8 9 10; do echo "$i" >"$dir/small-$i"; done
  try "$1 list" test "$(find "$dir" -name 'small-*' | wc -l)" = 10
  try "$1 statfs" df "$dir"
  try "$1 rename over" mv "$dir/small-1" "$dir/small-2"
  try "$1 content after rename over" test "$(cat "$dir/small-2")" = 1
  try "$1 remove" rm -r "$dir"
  try "$1 gone" test ! -e "$dir"
}

for options in $(argument sluice_mounts | tr ';' ' '); do
  label=$(echo "$options" | tr ',=.' '---')
  try "$label mount" mount -t cifs "//$server/files" /mnt/share \
    -o "$options,port=$port,credentials=$work/credentials,cache=strict" || continue
  work_on "$label"
  try "$label unmount" umount /mnt/share
done
