# Sourced by ./dev: finds or installs the programs that building and testing need.
cache=${MILLRACE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace}

say() { echo "[$(date +%T)] $*"; }
die() { echo "error: $*" >&2; exit 1; }

# logged NAME CMD…: runs it with its output in target/logs/NAME.log; shows the end of that when it fails.
logged() {
  local name=$1 log=target/logs/$1.log
  shift
  mkdir -p target/logs
  "$@" >"$log" 2>&1 && return
  local code=$?
  grep -E 'ERROR|error:' "$log" | head -n 25 >&2 || tail -n 25 "$log" >&2
  echo "error: $name failed; whole log: $log" >&2
  return "$code"
}

# need_room FOLDER GIB WHAT: fails now rather than in the middle of long work.
need_room() {
  local free
  mkdir -p "$1"
  free=$(df --output=avail -B1 "$1" | tail -n 1)
  [ "$free" -ge $(($2 << 30)) ] ||
    die "$3 needs $2 GiB free at $1, $((free >> 30)) GiB are; make room (./dev clean --cache removes what first runs built), or set MILLRACE_CACHE and MILLRACE_STATE to folders that have it"
}

# For a cluster that is not up yet: its store, its databases and its containers; before that, what a first run builds.
need_room_for_cluster() {
  local state=${MILLRACE_STATE:-$repo/target/cluster}
  [ -e "$(e2e/tools/build.sh --path | cut -d: -f1)" ] || need_room "$cache" 20 "a first run"
  [ -d "$state/run" ] || need_room "$state" 8 "a cluster"
}

need_root() { [ "$(id -u)" = 0 ] || die "this makes namespaces, mounts and loop devices: run as root"; }

need_host() {
  need_root
  e2e/tools/host-packages.sh
}

apt_install() {
  say "installing $*"
  mkdir -p target/logs
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >>target/logs/apt.log 2>&1
}

java_major() { "$1/bin/java" -XshowSettings:properties -version 2>&1 | sed -n 's/ *java.specification.version = //p'; }

find_jdk() {
  local home
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/java /opt/jdk*; do
    if [ -x "$home/bin/javac" ] && [ "$(java_major "$home")" -ge 25 ] 2>/dev/null; then
      echo "$home"
      return
    fi
  done
  return 1
}

# A JDK 25 or newer: JAVA_HOME, one that is installed, the distribution's, or Eclipse Temurin's apt repository.
need_java() {
  JAVA_HOME=$(find_jdk) || {
    need_root
    apt_install openjdk-25-jdk-headless || install_temurin
    JAVA_HOME=$(find_jdk) || die "no JDK 25 found and none could be installed (target/logs/apt.log); install one and set JAVA_HOME"
  }
  export JAVA_HOME PATH=$JAVA_HOME/bin:$PATH
  command -v mvn >/dev/null || { need_root; apt_install maven; }
  command -v mvn >/dev/null || die "Maven (3.8.6 or newer) is missing and could not be installed by apt"
}

install_temurin() {
  local key=/usr/share/keyrings/adoptium.asc codename
  say "the distribution has no JDK 25; adding Eclipse Temurin's apt repository"
  apt_install ca-certificates curl || true
  curl -fsSL https://packages.adoptium.net/artifactory/api/gpg/key/public -o "$key" || return 0
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  echo "deb [signed-by=$key] https://packages.adoptium.net/artifactory/deb $codename main" >/etc/apt/sources.list.d/adoptium.list
  apt_install temurin-25-jdk || true
}

go_is_new_enough() {
  local version
  version=$("$1" env GOVERSION 2>/dev/null | sed -n 's/^go\([0-9]*\.[0-9]*\).*/\1/p')
  [ -n "$version" ] && [ "$(printf '1.26\n%s\n' "$version" | sort -V | head -n 1)" = 1.26 ]
}

# Go 1.26 or newer: one that is installed, or Debian's statically linked packages unpacked into the cache.
need_go() {
  local go
  for go in "$(command -v go || true)" /usr/local/go/bin/go /usr/lib/go-1.26/bin/go "$cache"/go/usr/lib/go-1.26/bin/go; do
    if [ -n "$go" ] && go_is_new_enough "$go"; then
      GOROOT=$("$go" env GOROOT)
      export PATH=${go%/go}:$PATH GOROOT
      return
    fi
  done
  unpack_go
  GOROOT=$cache/go/usr/lib/go-1.26
  go_is_new_enough "$GOROOT/bin/go" || die "Go 1.26 or newer is missing and could not be installed"
  export GOROOT PATH=$GOROOT/bin:$PATH
}

unpack_go() {
  local apt=$cache/go-apt deb
  say "unpacking Go 1.26 from Debian's trixie-backports into $cache/go"
  mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$cache/go"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie-backports main" >"$apt/sources.list"
  local options=(-o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State=$apt/state" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update -qq || return 0
  (cd "$apt" && apt-get "${options[@]}" download -qq golang-1.26-go golang-1.26-src) || return 0
  for deb in "$apt"/*.deb; do dpkg-deb -x "$deb" "$cache/go"; done
}
