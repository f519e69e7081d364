#!/bin/bash
# Makes the OCI archives of the e2e cluster and prints their paths, one a line.
#
#   build.sh [NAME…]         upstream: pause busybox virt-operator virt-api virt-controller virt-handler virt-launcher
#                                      csi-provisioner csi-snapshotter csi-resizer snapshot-controller
#                            ours:     engine csi-driver operator importer
#                            base:     what lies under ours
#                            or a group: upstream, ours                                   (default: ours)
#   build.sh --reference NAME    prints the name under which an upstream image is imported
#   build.sh --upstream-key      prints the key of all upstream images and the base
#
# Upstream images and the base stay in the cache, keyed by what went in. Ours go to target/images and are made
# anew at each call, from what Maven left in the modules' target folders.
set -euo pipefail
shopt -s inherit_errexit
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/layers.sh"
source "$here/upstream.sh"
source "$here/ours.sh"

build_one() {
  case " ${upstream_names[*]} " in *" $1 "*) build_upstream "$1"; upstream_tar "$1"; return ;; esac
  case " ${our_names[*]} " in *" $1 "*) build_ours "$1"; our_tar "$1"; return ;; esac
  [ "$1" = base ] || die "no such image: $1 (see the head of $0)"
  build_base
  base_tar
}

case "${1:-}" in
  --reference) upstream_reference "$2"; exit ;;
  --upstream-key)
    upstream=$(upstream_key)
    base=$(base_tar)
    key_of "$upstream" "${base##*/}"
    exit ;;
esac

[ "$(id -u)" = 0 ] || die "images are made from Debian roots: run as root"
mkdir -p "$cache"
exec 7>"$cache/images.lock"
flock 7
[ $# -gt 0 ] || set -- ours
names=()
for name in "$@"; do
  case $name in
    upstream) names+=("${upstream_names[@]}") ;;
    ours) names+=("${our_names[@]}") ;;
    *) names+=("$name") ;;
  esac
done
for name in "${names[@]}"; do build_one "$name"; done
