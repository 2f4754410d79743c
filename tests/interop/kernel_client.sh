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

# Punches a hole into data that is still in the cache, and compares with a local file.
holes_on() {
  file=$2/holes
  try "$1 write for holes" cp /mnt/local/data "$file"
  try "$1 punch hole" fallocate -p -o 12345 -l 3000000 "$file"
  cp /mnt/local/data /mnt/local/holes
  fallocate -p -o 12345 -l 3000000 /mnt/local/holes
  try "$1 content beside the hole" test "$(sum "$file")" = "$(sum /mnt/local/holes)"
  sync
  echo 3 >/proc/sys/vm/drop_caches
  try "$1 content on the server" test "$(sum "$file")" = "$(sum /mnt/local/holes)"
  try "$1 size with a hole" test "$(stat -c %s "$file")" = 8388608
  try "$1 find data" seek_data "$file"
  try "$1 remove holes" rm "$file"
}

# The only data behind the first block begins where the hole ends, or in the block before.
seek_data() {
  python3 -c 'import os, sys
file = os.open(sys.argv[1], os.O_RDONLY)
hole = os.lseek(file, 0, os.SEEK_HOLE)
data = os.lseek(file, hole, os.SEEK_DATA)
print(hole, data)
assert 12345 <= hole < 12345 + 65536 and 3012345 - 65536 < data <= 3012345' "$1"
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
  case $1 in vers-3*) holes_on "$1" "$dir" ;; esac
  for i in 1 2 3 4 5 6 7 8 9 10; do echo "$i" >"$dir/small-$i"; done
  try "$1 list" test "$(find "$dir" -name 'small-*' | wc -l)" = 10
  try "$1 statfs" df "$dir"
  try "$1 rename over" mv "$dir/small-1" "$dir/small-2"
  try "$1 content after rename over" test "$(cat "$dir/small-2")" = 1
  try "$1 remove" rm -r "$dir"
  try "$1 gone" test ! -e "$dir"
}

# Symlinks of the server's file system, made there: they are shown as such, and what removes a tree
# removes them and nothing that they lead to.
work_on_links() {
  there=$work/files/links-$1
  dir=/mnt/share/links-$1
  mkdir -p "$there/keep" "$there/tree"
  chmod 0777 "$there" "$there/keep" "$there/tree"
  echo precious >"$there/keep/file"
  ln -s ../keep "$there/tree/to-dir"
  ln -s ../keep/file "$there/tree/to-file"
  ln -s nothing "$there/tree/broken"
  ln -s /nowhere/at/all "$there/tree/absolute"
  for name in to-dir to-file broken absolute; do
    try "$1 link $name" test -L "$dir/tree/$name"
  done
  try "$1 listed links" test "$(ls "$dir/tree" | wc -l)" = 4
  try "$1 link target" test "$(readlink "$dir/tree/to-dir")" = ../keep
  try "$1 read through link" test "$(cat "$dir/tree/to-file")" = precious
  try "$1 list through link" test "$(ls "$dir/tree/to-dir")" = file
  try "$1 rename link" mv "$dir/tree/to-dir" "$dir/tree/moved"
  try "$1 renamed link" test -L "$there/tree/moved"
  try "$1 remove link" rm "$dir/tree/broken"
  try "$1 removed link" test ! -L "$there/tree/broken"
  try "$1 remove tree with links" rm -r "$dir/tree"
  try "$1 removed tree" test ! -e "$there/tree"
  try "$1 target stays" test "$(cat "$there/keep/file")" = precious
  rm -r "$there"
}

for options in $(argument sluice_mounts | tr ';' ' '); do
  label=$(echo "$options" | tr ',=.' '---')
  try "$label mount" mount -t cifs "//$server/files" /mnt/share \
    -o "$options,port=$port,credentials=$work/credentials,cache=strict" || continue
  work_on "$label"
  work_on_links "$label"
  try "$label unmount" umount /mnt/share
done
