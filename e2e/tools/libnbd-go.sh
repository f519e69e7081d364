#!/bin/bash
# Writes libnbd's Go binding (a Go module) to a folder; no module proxy has it, Debian's source package does.
#
#   libnbd-go.sh OUT
#
# apt works on a source list and state of its own; the host's /etc/apt is not touched.
set -euo pipefail
shopt -s inherit_errexit
source "$(dirname "${BASH_SOURCE[0]}")/debian.sh"
out=$1
[ ! -e "$out/go.mod" ] || exit 0

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch"/{lists/partial,cache/archives/partial,source}
chmod 755 "$scratch"
echo "deb-src [signed-by=$debian_keyring] $(debian_mirror) $debian_suite main" >"$scratch/sources.list"
private=(
  -o "Dir::Etc::sourcelist=$scratch/sources.list" -o Dir::Etc::sourceparts=- -o Dir::Etc::preferencesparts=-
  -o "Dir::State::lists=$scratch/lists" -o "Dir::Cache=$scratch/cache" -o APT::Sandbox::User=root
)
apt-get -qq "${private[@]}" update
(cd "$scratch/source" && apt-get -qq "${private[@]}" source --download-only libnbd && tar xf libnbd_*.orig.tar.?z)

mkdir -p "$out"
cp "$scratch"/source/libnbd-*/golang/{*.go,*.h,go.mod} "$out/"
rm -f "$out"/*_test.go
# The same C symbol stands in libvirt's binding; the two are linked into one program.
sed -i 's/\bfreeCallbackId\b/nbdFreeCallbackId/g' "$out"/*.go "$out"/*.h
