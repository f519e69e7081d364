# Sourced: Debian roots for the e2e harness, made from packages by mmdebstrap and kept in the cache.
#
#   debian_mirror                        the Debian mirror of this host, or Debian's own
#   debian_tree NAME MMDEBSTRAP-ARG…     makes (once) and prints a folder with a trixie root
#
# A root is keyed by a hash of what it was asked to hold; its packages are as new as on the day it was made.
debian_suite=trixie
debian_cache=${MILLRACE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace}/roots

# A Debian host has a mirror that it reaches; both notations occur: deb822 (*.sources) and one line per source.
debian_mirror() {
  local found=
  if grep -qsx 'ID=debian' /etc/os-release; then
    found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
      awk '/^URIs:/ { for (i = 2; i <= NF; i++) print $i }
           /^deb[ \t]/ { for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) { print $i; break } }' |
      grep -E '^https?://[^ ]*/debian/?$' | head -n 1) || true
  fi
  echo "${found:-http://deb.debian.org/debian}"
}

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# What no root of ours needs: documents, translations.
debian_slim=(
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*'
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*'
  --dpkgopt='path-exclude=/usr/share/lintian/*' --aptopt='APT::Install-Recommends "false"'
)

debian_tree() {
  local name=$1 key tree
  shift
  key=$(printf '%s\n' "$debian_suite" "$@" | sha256sum | cut -c1-12)
  tree=$debian_cache/$name-$key
  if [ ! -e "$tree.complete" ]; then
    mkdir -p "$debian_cache"
    exec 8>"$tree.lock"
    flock 8
    if [ ! -e "$tree.complete" ]; then
      echo "making the Debian $debian_suite root $name (log: $tree.log)" >&2
      rm -rf --one-file-system "$tree"
      # Without the callers' locks among its descriptors: mmdebstrap tells `sh` to write to one of its own by number,
      # and dash knows no number of two digits.
      if ! TMPDIR=$debian_cache mmdebstrap --mode=root --keyring="$debian_keyring" "$@" \
        "$debian_suite" "$tree" "$(debian_mirror)" >"$tree.log" 2>&1 5>&- 6>&- 7>&- 8>&- 9>&-; then
        tail -n 20 "$tree.log" >&2
        echo "error: mmdebstrap could not make the root $name; whole log: $tree.log" >&2
        return 1
      fi
      touch "$tree.complete"
    fi
    exec 8>&-
  fi
  echo "$tree"
}
