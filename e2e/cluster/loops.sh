#!/bin/bash
# Knows which of the machine's loop devices belong to this cluster. Others' must never be touched.
#
#   loops.sh record STATE     inside the cluster's namespaces: adds the cluster's loop devices to STATE/run/loops
#   loops.sh watch STATE      the same every five seconds, so that a crash leaves a record
#   loops.sh list STATE       prints the recorded ones that are still attached
#   loops.sh detach STATE     detaches those
#
# A loop device outlives the namespaces it was made in, and its backing path then tells nothing. So the record is
# made while they live, as "<device> <diskseq>": the kernel gives each attachment a new diskseq, for a boot's life.
# A device is the cluster's when its backing file is
#   - on a file system that only the cluster's namespaces have mounted, or
#   - a volume that the cluster's engine has recorded as attached to it, or
#   - a file of the nodes' own /var/lib/kubelet or /var/lib/millrace, or
#   - itself a loop device of the cluster: kubelet stacks its own over every raw block volume.
set -euo pipefail
shopt -s inherit_errexit
command=$1 state=$2
record=$state/run/loops

diskseq_of() { cat "/sys/block/${1#/dev/}/diskseq" 2>/dev/null || echo gone; }

own_filesystems() {
  cat /proc/[0-9]*/mountinfo 2>/dev/null | cut -d' ' -f3 | sort -u | comm -23 - "$state/run/host-filesystems"
}

is_own_file() {
  local number=$1 inode=$2 file=$3
  case $file in
    "$state"/* | /run/cluster/* | /run/node/* | /var/lib/kubelet/* | /var/lib/millrace/*) ;;
    *) return 1 ;;
  esac
  [ "$(stat -c '%Hd:%Ld %i' "$file" 2>/dev/null)" = "$number $inode" ]
}

# The engine detaches the mount of a volume as soon as a loop device holds its file: its records tell which that is.
engine_loops() {
  local file volume number
  for file in "$state"/node*/millrace/state/*/*.attachment; do
    [ -e "$file" ] || continue
    volume=$(basename "$file" .attachment)
    number=$(sed -n 's/^loop=//p' "$file")
    grep -qs "$volume" "/sys/block/loop$number/loop/backing_file" && echo "/dev/loop$number"
  done
}

own_loops() {
  local filesystems own=' ' inodes=' ' before name number inode file devices
  for name in $(engine_loops || true); do
    own+="$name "
    inodes+="$(stat -c %i "$name") "
  done
  filesystems=$(own_filesystems)
  devices=$(stat -c '%Hd:%Ld' /dev)
  while :; do
    before=$own
    while read -r name number inode file; do
      [[ $own != *" $name "* ]] || continue
      if grep -qxF "$number" <<<"$filesystems" || is_own_file "$number" "$inode" "$file" ||
        { [ "$number" = "$devices" ] && [[ $inodes == *" $inode "* ]]; }; then
        own+="$name "
        inodes+="$(stat -c %i "$name") "
      fi
    done < <(losetup --list --noheadings --output NAME,BACK-MAJ:MIN,BACK-INO,BACK-FILE)
    [ "$own" != "$before" ] || break
  done
  for name in $own; do echo "$name $(diskseq_of "$name")"; done
}

record() {
  { cat "$record" 2>/dev/null || true; own_loops; } | sort -u >"$record.new"
  mv "$record.new" "$record"
}

list() {
  local name sequence
  [ -e "$record" ] && [ "$(cat "$state/run/boot-id")" = "$(cat /proc/sys/kernel/random/boot_id)" ] || return 0
  while read -r name sequence; do
    [ ! -e "/sys/block/${name#/dev/}/loop/backing_file" ] || [ "$(diskseq_of "$name")" != "$sequence" ] || echo "$name"
  done <"$record"
}

detach() {
  local name tries
  for tries in 1 2 3 4 5 6 7 8 9 10; do # a device that another one is stacked on goes after it
    for name in $(list); do losetup --detach "$name" 2>/dev/null || true; done
    [ -n "$(list)" ] || break
    sleep 0.1
  done
  [ -z "$(list)" ] || { echo "error: still attached: $(list | tr '\n' ' ')" >&2; return 1; }
  rm -f "$record"
}

case $command in
  record | list | detach) "$command" ;;
  watch) while record; do sleep 5; done ;;
  *) echo "error: no such command: $command" >&2; exit 2 ;;
esac
