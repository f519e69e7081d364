#!/bin/bash
# Boots a guest disk in software emulation, without Kubernetes, and shows that its agent works; prints how long it took.
#
#   check.sh DISK.raw [SECONDS]      default: 120 s for the boot
#
# QEMU is trixie's, from the root that virt-launcher's image is made of; the disk is not changed (snapshot=on).
set -euo pipefail
shopt -s inherit_errexit
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../images/layers.sh"
source "$here/../images/upstream.sh"
disk=$(realpath -e "$1")
boot_seconds_max=${2:-120}

root=$(launcher_root)
work=$(mktemp -d)
cleanup() {
  [ -z "${qemu:-}" ] || kill "$qemu" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

# A network namespace of its own: the forwarded port can't clash, and the guest sees nobody else's.
ROOT=$root DISK=$disk WORK=$work unshare --mount --net --propagation private bash -euo pipefail -c '
  ip link set lo up
  mkdir -p "$ROOT/mnt/guest" "$ROOT/mnt/work"
  mount --bind "$(dirname "$DISK")" "$ROOT/mnt/guest"
  mount --bind "$WORK" "$ROOT/mnt/work"
  mount --rbind /dev "$ROOT/dev"
  exec chroot "$ROOT" qemu-system-x86_64 -machine q35,accel=tcg -cpu max -smp 1 -m 384 -display none -nodefaults \
    -smbios type=1,serial=desk-1 -serial file:/mnt/work/console -vga std -device virtio-rng-pci -device virtio-balloon-pci \
    -drive "file=/mnt/guest/$(basename "$DISK"),if=none,id=root,format=raw,snapshot=on,cache=unsafe" -device virtio-blk-pci,drive=root,bootindex=1 \
    -netdev user,id=net,hostfwd=tcp:127.0.0.1:8080-:80 -device virtio-net-pci,netdev=net \
    -monitor unix:/mnt/work/monitor,server=on,wait=off' >"$work/log" 2>&1 &
qemu=$!
started=$(date +%s%N)
elapsed() { awk -v from="$started" -v to="$(date +%s%N)" 'BEGIN { printf "%.1f", (to - from) / 1e9 }'; }

ask() { nsenter -t "$qemu" -n curl -sf --max-time 10 "http://127.0.0.1:8080/cgi-bin/$1"; }
failed() {
  tail -n 20 "$work/console" "$work/log" >&2
  die "$1"
}
until status=$(ask status); do
  kill -0 "$qemu" 2>/dev/null || failed "QEMU ended"
  awk -v now="$(elapsed)" -v max="$boot_seconds_max" 'BEGIN { exit now > max }' || failed "no answer after $boot_seconds_max s"
  sleep 0.3
done
echo "answers after $(elapsed) s: $status"
until [ "$(jq .loginReached <<<"$status")" = true ]; do
  awk -v now="$(elapsed)" -v max="$boot_seconds_max" 'BEGIN { exit now > max }' || failed "no login prompt after $boot_seconds_max s"
  sleep 0.5
  status=$(ask status)
done
echo "login prompt seen after $(elapsed) s: $status"

expect() { [ "$2" = "$3" ] || failed "$1: expected '$3', got '$2'"; }
expect hostname "$(jq -r .hostname <<<"$status")" desk-1
expect machineId "$(jq -r '.machineId | length' <<<"$status")" 32
expect boots "$(jq .boots <<<"$status")" 1
expect write "$(ask 'write?name=note.txt&text=hello%20desk+1' | jq -r .name)" note.txt
expect read "$(ask 'read?name=note.txt')" "hello desk 1"
expect files "$(ask status | jq -c .files)" '["note.txt"]'
expect "a bad name" "$(ask 'read?name=../etc/passwd' || echo refused)" refused
echo "load: $(ask 'load?seconds=2')"

started=$(date +%s%N)
nsenter -t "$qemu" -m python3 -c '
import socket, sys
monitor = socket.socket(socket.AF_UNIX)
monitor.connect(sys.argv[1])
monitor.sendall(b"system_powerdown\n")
monitor.recv(4096)
' "$work/monitor"
while kill -0 "$qemu" 2>/dev/null; do
  awk -v now="$(elapsed)" 'BEGIN { exit now > 30 }' || failed "still on 30 s after the power button"
  sleep 0.1
done
qemu=
echo "off $(elapsed) s after the power button"
