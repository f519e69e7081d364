# Sourced by the image recipes: layers are plain tars, the same bytes for the same content.
images_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$images_here/../.." && pwd)
tools=$repo/e2e/tools
cache=${MILLRACE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace}
source "$tools/debian.sh"

say() { echo "[$(date +%T)] $*" >&2; }
die() { echo "error: $*" >&2; exit 1; }

# layer_of FOLDER OUT.tar TAR-ARG…: owners are root's unless an argument says otherwise.
layer_of() {
  local folder=$1 out=$2
  shift 2
  tar -C "$folder" --sort=name --mtime=@0 --numeric-owner --xattrs --xattrs-include='security.capability' \
    --pax-option='exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime' "$@" -cf "$out.partial" .
  mv "$out.partial" "$out"
}

# A Debian root as a layer: owners kept; no device, no package list. Empty folders stay: libvirt wants its log folder.
layer_of_root() {
  layer_of "$1" "$2" --exclude='./proc/*' --exclude='./sys/*' --exclude='./dev/*' --exclude='./var/cache/apt/*' \
    --exclude='./var/lib/apt/*' --exclude='./var/log/*.log' --exclude='./etc/resolv.conf' --exclude='./etc/hostname'
}

owned_by_root=(--owner=0 --group=0)

# key_of FILE-OR-WORD…: twelve digits that name these inputs.
key_of() {
  local input
  for input in "$@"; do if [ -f "$input" ]; then cat "$input"; else echo "$input"; fi; done | sha256sum | cut -c1-12
}

# The runtime of our own images: a small Debian, and a Java runtime made by jlink.
base_packages=coreutils,util-linux,mount,e2fsprogs,xfsprogs,curl,ca-certificates,qemu-utils,procps,fuse3
java_modules=java.base,java.logging,java.naming,java.management,java.net.http,java.xml,java.sql,java.instrument
java_modules+=,java.compiler,java.security.jgss,java.security.sasl,java.transaction.xa
java_modules+=,jdk.unsupported,jdk.crypto.ec,jdk.jfr,jdk.management,jdk.zipfs,jdk.net,jdk.jcmd,jdk.attach,jdk.httpserver

# $JAVA_HOME, the `java` of the path, or one that a package has put into /usr/lib/jvm.
java_home() {
  local home
  for home in "${JAVA_HOME:-}" "$(dirname "$(dirname "$(readlink -f "$(command -v java || echo /none/none)")")")" /usr/lib/jvm/*; do
    if [ -x "$home/bin/jlink" ] && grep -qs '^JAVA_VERSION="25' "$home/release"; then
      echo "$home"
      return
    fi
  done
  die "a JDK 25 is needed for the images; set JAVA_HOME (now: ${JAVA_HOME:-not set})"
}

# base_layers: makes, once, the two layers under all our images and prints their paths, lowest first.
base_layers() {
  local java folder system runtime root
  java=$(java_home) || exit
  folder=$cache/layers
  mkdir -p "$folder"
  system=$folder/base-$(key_of "$images_here/layers.sh" "$tools/debian.sh").tar
  runtime=$folder/java-$(key_of "$java_modules" "$java/release").tar
  if [ ! -e "$system" ]; then
    root=$(debian_tree base "${debian_slim[@]}" --variant=essential --include="$base_packages")
    add_users "$root"
    layer_of_root "$root" "$system"
  fi
  [ -e "$runtime" ] || java_layer "$java" "$runtime"
  touch "$system" "$runtime" # used today: what isn't is forgotten in time
  printf '%s\n' "$system" "$runtime"
}

# The user that our unprivileged images run as.
add_users() {
  grep -q '^millrace:' "$1/etc/passwd" && return
  echo 'millrace:x:65532:65532:millrace:/tmp:/usr/sbin/nologin' >>"$1/etc/passwd"
  echo 'millrace:x:65532:' >>"$1/etc/group"
}

java_layer() {
  local staged
  staged=$(mktemp -d -p "$cache/layers")
  chmod 755 "$staged"
  say "making the Java runtime with jlink"
  mkdir -p "$staged/opt"
  "$1/bin/jlink" --add-modules "$java_modules" --strip-java-debug-attributes --no-header-files --no-man-pages \
    --output "$staged/opt/java"
  layer_of "$staged" "$2" "${owned_by_root[@]}"
  rm -rf "$staged"
}
