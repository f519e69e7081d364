#!/bin/bash
# Installs by apt what the e2e harness needs from the host. Does nothing, and says nothing, when all is there.
#
#   host-packages.sh [--list]
#
# Debian 12 and 13 and Ubuntu 24.04 have all of these names.
set -euo pipefail
shopt -s inherit_errexit

packages=(
  # the node: container runtime, its network plugins, what kubelet, kube-proxy and the mount code call
  containerd runc containernetworking-plugins nftables conntrack iptables iproute2 kmod
  util-linux e2fsprogs xfsprogs fdisk procps
  # roots, images and the guest disk
  mmdebstrap debian-archive-keyring busybox-static extlinux syslinux-common libcap2-bin uidmap cpio xz-utils zstd python3
  # the programs that are compiled here
  gcc libc6-dev dpkg-dev
  # certificates, probes, measurements, stress
  openssl curl jq qemu-utils libnbd-bin fio stress-ng
)

[ "${1:-}" != --list ] || { printf '%s\n' "${packages[@]}"; exit; }

# A container engine from elsewhere (Docker's packages) may have brought these; Debian's would put it out.
is_there() {
  case $1 in
    containerd | runc) ! command -v "$1" >/dev/null || return 0 ;;
  esac
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in "${packages[@]}"; do is_there "$package" || missing+=("$package"); done
[ ${#missing[@]} -gt 0 ] || exit 0

command -v apt-get >/dev/null || { echo "error: the e2e harness needs a Debian or Ubuntu host (apt-get is not here); missing: ${missing[*]}" >&2; exit 1; }
[ "$(id -u)" = 0 ] || { echo "error: missing host packages: ${missing[*]}; run as root, or: sudo apt-get install --no-install-recommends ${missing[*]}" >&2; exit 1; }

echo "installing ${#missing[@]} host packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# policy-rc.d: the packages' own services (containerd's among them) must not start; the harness runs its own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$log" "$policy"' EXIT
fi
if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "error: apt-get could not install: ${missing[*]}" >&2
  exit 1
fi
