#!/bin/bash
# Makes a bootable Debian guest for the tests: systemd, own boot loader, a small agent on port 80.
#
#   build.sh OUT.raw [--tag TAG]     default tag: v1
#
# Writes OUT.raw (sparse, MBR, one ext4 partition, extlinux, for SeaBIOS), OUT.qcow2 (compressed), and a .sha256
# beside each. The disk is made once and kept in the cache, keyed by a hash of what this folder holds; a tag is
# written into a copy of it. Another tag is what tests take for a new version of the image.
#
# Guests run in software emulation, so what counts is how little runs at boot: an initramfs of twelve drivers
# without udev, no timers, few units. What is installed is Debian's own.
set -euo pipefail
shopt -s inherit_errexit
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../tools/debian.sh"
cache=${MILLRACE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace}
packages=systemd-sysv,udev,linux-image-cloud-amd64,busybox-static,acpid,iproute2,e2fsprogs,kmod,procps,passwd,login,less
disk_mib=512
partition_start=2048 # sectors of 512 bytes
drivers=(virtio_pci virtio_blk virtio_scsi sd_mod ext4 virtio_net virtio_balloon virtio_console virtio_rng evdev button)

say() { echo "[$(date +%T)] $*" >&2; }
die() { echo "error: $*" >&2; exit 1; }

disk_key() { find "$here" -type f -print0 | sort -z | xargs -0 cat "$here/../tools/debian.sh" | sha256sum | cut -c1-12; }

make_disk() {
  local disk=$1 work tree
  work=$(mktemp -d -p "$cache/guest")
  trap "rm -rf --one-file-system '$work'" EXIT
  tree=$work/root
  cp -a "$(debian_tree guest "${debian_slim[@]}" --variant=minbase --include="$packages")" "$tree"
  settle "$tree"
  install_agent "$tree"
  make_initramfs "$tree" "$work/initramfs"
  make_boot_menu "$tree"
  say "writing the guest's disk"
  write_disk "$tree" "$work/disk.raw"
  mv "$work/disk.raw" "$disk"
}

# Names, network, terminals; and nothing runs at boot that a test has no use for.
settle() {
  local tree=$1 unit system=$1/etc/systemd/system
  echo guest >"$tree/etc/hostname"
  : >"$tree/etc/machine-id" # empty: each clone makes its own at its first boot
  echo '/dev/root / ext4 defaults,noatime 0 0' >"$tree/etc/fstab"
  rm -f "$tree/etc/resolv.conf"
  printf '[Match]\nName=eth0\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n[DHCPv4]\nSendRelease=no\n' >"$tree/etc/systemd/network/80-eth0.network"
  chroot "$tree" passwd -q -d root
  chroot "$tree" useradd --create-home --shell /bin/bash --uid 1000 desk
  chroot "$tree" passwd -q -d desk
  rm -f "$tree"/home/desk/.??*
  for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
    systemd-tmpfiles-clean.timer systemd-networkd-wait-online.service systemd-pstore.service systemd-random-seed.service \
    systemd-binfmt.service systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-journal-flush.service \
    systemd-hwdb-update.service systemd-journal-catalog-update.service systemd-update-done.service systemd-logind.service \
    systemd-rfkill.service systemd-rfkill.socket systemd-user-sessions.service systemd-vconsole-setup.service \
    systemd-networkd-persistent-storage.service systemd-network-generator.service \
    console-getty.service dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
    sys-kernel-config.mount sys-fs-fuse-connections.mount modprobe@.service kmod-static-nodes.service ldconfig.service \
    systemd-modules-load.service acpid.path getty-static.service systemd-hostnamed.socket systemd-sysext.socket; do
    ln -sf /dev/null "$system/$unit"
  done
  mkdir -p "$system"/{multi-user.target.wants,getty.target.wants,systemd-udev-trigger.service.d} "$tree/etc/systemd"/{journald,system}.conf.d
  ln -sf /usr/lib/systemd/system/systemd-networkd.service "$system/multi-user.target.wants/"
  ln -sf /usr/lib/systemd/system/acpid.service "$system/multi-user.target.wants/"
  ln -sf /usr/lib/systemd/system/serial-getty@.service "$system/getty.target.wants/serial-getty@ttyS0.service"
  ln -sf /usr/lib/systemd/system/multi-user.target "$system/default.target"
  # The drivers are loaded by then: only what has a unit waiting for it is announced again.
  printf '[Service]\nExecStart=\nExecStart=-udevadm trigger --action=add %s\nExecStart=-udevadm trigger --action=add %s\n' \
    '--subsystem-match=block --subsystem-match=net --subsystem-match=input' '--subsystem-match=tty --sysname-match=ttyS0' \
    >"$system/systemd-udev-trigger.service.d/few.conf"
  printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=4M\n' >"$tree/etc/systemd/journald.conf.d/small.conf"
  printf '[Manager]\nDefaultTimeoutStopSec=4s\nDefaultTimeoutStartSec=300s\nDefaultDeviceTimeoutSec=300s\n' >"$tree/etc/systemd/system.conf.d/timeouts.conf"
  # The power button: at once, without asking a session manager.
  rm -f "$tree"/etc/acpi/events/*
  printf 'event=button/power.*\naction=/bin/kill -s RTMIN+4 1\n' >"$tree/etc/acpi/events/power"
}

install_agent() {
  local tree=$1 lib=$1/usr/lib/millrace-guest
  mkdir -p "$lib/www" "$tree/var/lib/millrace-guest" "$tree/etc/systemd/system/getty@tty1.service.d" "$tree/etc/systemd/system/sysinit.target.wants"
  cp -r "$here/agent/cgi-bin" "$lib/www/"
  chmod 755 "$lib"/www/cgi-bin/*
  install -m 755 "$here/agent/identify" "$lib/"
  gcc -O2 -Wall -Werror -static -s "$here/agent/random-writes.c" -o "$lib/random-writes"
  install -m 644 "$here"/agent/*.service "$tree/etc/systemd/system/"
  install -m 644 "$here/agent/login-reached.conf" "$tree/etc/systemd/system/getty@tty1.service.d/"
  ln -sf ../millrace-agent.service "$tree/etc/systemd/system/multi-user.target.wants/"
  ln -sf ../millrace-identify.service "$tree/etc/systemd/system/sysinit.target.wants/"
  echo v1 >"$tree/etc/millrace-image-tag"
}

# Drivers unpacked and in the order of their needs, busybox, and a script: no udev, no compression to undo.
make_initramfs() {
  local tree=$1 folder=$2 version modules driver file
  version=$(ls "$tree/lib/modules")
  modules=$tree/lib/modules/$version
  mkdir -p "$folder"/{bin,modules,proc,dev,root}
  cp "$tree/bin/busybox" "$folder/bin/"
  install -m 755 "$here/agent/init" "$folder/init"
  depmod -b "$tree" "$version"
  for driver in "${drivers[@]}"; do
    grep -q "/$driver.ko" "$modules/modules.builtin" && continue
    while read -r file; do
      [ ! -e "$folder/modules/$(unpacked_name "$file")" ] || continue
      unpack_module "$modules/$file" "$folder/modules/$(unpacked_name "$file")"
      unpacked_name "$file" >>"$folder/modules/order"
    done < <(needs_of "$modules" "$driver")
  done
  (cd "$folder" && find . -print0 | sort -z | cpio --null --create --format=newc --owner=0:0 --quiet) >"$tree/boot/initramfs"
}

# The files of a driver and of all it needs, those first.
needs_of() {
  awk -F': *' -v driver="$2" '{ n = split($1, path, "/"); name = path[n]; sub(/\.ko.*/, "", name); gsub("-", "_", name)
    if (name == driver) { k = split($2, need, " "); for (i = k; i >= 1; i--) print need[i]; print $1; found = 1 } }
    END { if (!found) { print "error: no driver " driver > "/dev/stderr"; exit 1 } }' "$1/modules.dep"
}
unpacked_name() { basename "$1" | sed 's/\.xz$//; s/\.zst$//'; }
unpack_module() {
  case $1 in
    *.xz) xz -dc "$1" >"$2" ;;
    *.zst) zstd -qdc "$1" >"$2" ;;
    *) cp "$1" "$2" ;;
  esac
}

make_boot_menu() {
  local tree=$1 kernel
  kernel=$(basename "$tree"/boot/vmlinuz-*)
  mkdir -p "$tree/boot/extlinux"
  cat >"$tree/boot/extlinux/extlinux.conf" <<TXT
SERIAL 0 115200
DEFAULT debian
PROMPT 0
TIMEOUT 1
LABEL debian
  LINUX /boot/$kernel
  INITRD /boot/initramfs
  APPEND root=/dev/vda1 rw console=tty0 console=ttyS0,115200 net.ifnames=0 quiet loglevel=3 mitigations=off audit=0 random.trust_cpu=on fsck.mode=skip systemd.show_status=0
TXT
}

# The loop device and the mount belong to a mount namespace of this function's own shell, and end with it.
write_disk() {
  local tree=$1 disk=$2
  truncate -s "${disk_mib}M" "$disk"
  printf 'label: dos\nlabel-id: 0x6d696c6c\nstart=%d, type=83, bootable\n' $partition_start | sfdisk -q "$disk"
  dd if=/usr/lib/syslinux/mbr/mbr.bin of="$disk" conv=notrunc bs=440 count=1 status=none
  TREE=$tree DISK=$disk OFFSET=$((partition_start * 512)) unshare --mount --propagation private bash -euo pipefail -c '
    loop=$(losetup --find --show --offset "$OFFSET" "$DISK")
    trap "umount /mnt 2>/dev/null || true; losetup --detach $loop" EXIT
    mkfs.ext4 -q -m 0 -O ^64bit,^metadata_csum,^has_journal "$loop" # extlinux reads no newer ext4; the journal comes below
    tune2fs -j -J size=8 "$loop" >/dev/null
    mount -o noatime "$loop" /mnt
    cp -a "$TREE/." /mnt/
    extlinux --install /mnt/boot/extlinux 2>/dev/null
    df -h /mnt | tail -n 1
  ' >&2
}

write_tag() {
  local disk=$1 tag=$2 file
  file=$(mktemp)
  echo "$tag" >"$file"
  debugfs -w -f - "$disk?offset=$((partition_start * 512))" >/dev/null 2>&1 <<TXT
rm /etc/millrace-image-tag
write $file /etc/millrace-image-tag
TXT
  debugfs -R "cat /etc/millrace-image-tag" "$disk?offset=$((partition_start * 512))" 2>/dev/null | grep -qxF "$tag" ||
    die "the tag could not be written into $disk"
  rm "$file"
}

out=${1:-}
tag=v1
[ "${2:-}" != --tag ] || tag=${3:-}
[[ $out == *.raw ]] || die "usage: build.sh OUT.raw [--tag TAG]"
[[ $tag =~ ^[A-Za-z0-9._-]{1,32}$ ]] || die "--tag must be 1 to 32 letters, digits, '.', '-' or '_', not '$tag'"
[ "$(id -u)" = 0 ] || die "the guest's root is made by mmdebstrap: run as root"
mkdir -p "$cache/guest" "$(dirname "$out")"
exec 7>"$cache/guest/lock"
flock 7
key=$(disk_key)
disk=$cache/guest/disk-$key.raw
tagged=$cache/guest/$tag-$key
[ -e "$disk" ] || (make_disk "$disk")
if [ ! -e "$tagged.qcow2" ]; then
  cp --sparse=always --reflink=auto "$disk" "$tagged.raw"
  write_tag "$tagged.raw" "$tag"
  qemu-img convert -c -O qcow2 "$tagged.raw" "$tagged.qcow2.partial"
  mv "$tagged.qcow2.partial" "$tagged.qcow2"
fi
# A cluster may be serving the file that is there: it is replaced as a whole, and only by another one.
for format in raw qcow2; do
  file=${out%.raw}.$format
  [ "$(cat "$file.key" 2>/dev/null)" != "$key" ] || continue
  rm -f "$file.key"
  cp --sparse=always --reflink=auto "$tagged.$format" "$file.new"
  (cd "$(dirname "$out")" && sha256sum "$(basename "$file").new" | sed 's/\.new$//' >"$(basename "$file").sha256.new")
  mv "$file.new" "$file"
  mv "$file.sha256.new" "$file.sha256"
  echo "$key" >"$file.key"
done
touch "$disk" "$tagged".{raw,qcow2} "${out%.raw}".{raw,qcow2}{,.key,.sha256} # used today: what isn't is forgotten in time
say "guest $tag: $out ($(du -h "$out" | cut -f1) of ${disk_mib} MiB), ${out%.raw}.qcow2 ($(du -h "${out%.raw}.qcow2" | cut -f1))"
