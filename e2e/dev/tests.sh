# Sourced by ./dev: runs the parts of the test suite and adds up what their runners counted.

run_tests() {
  local parts=() part backend=processes maven=()
  broken=() started=$SECONDS # not local: the trap reads them
  for part in "$@"; do
    case $part in
      unit | it | sanity | e2e) parts+=("$part") ;;
      --backend=processes | --backend=k3s) backend=${part#--backend=} ;;
      *) die "test: no such part: $part (have: unit it sanity e2e, --backend=k3s)" ;;
    esac
  done
  [ ${#parts[@]} -gt 0 ] || parts=(unit it sanity e2e)
  [[ " ${parts[*]} " != *" e2e "* ]] || MILLRACE_STATE=$(e2e_state) need_room_for_cluster
  rm -rf target/reports target/logs
  mkdir -p target/reports
  trap 'trap - EXIT; count_tests && exit 0 || exit 1' EXIT
  trap 'broken+=(interrupted); exit 130' INT TERM
  # A process for each: in a condition of this one, bash would not stop at a command that fails.
  for part in "${parts[@]}"; do [ "$part" = e2e ] || maven+=("$part"); done
  [ ${#maven[@]} = 0 ] || "$repo/dev" test-part maven "${maven[@]}" || broken+=(maven)
  [[ " ${parts[*]} " != *" e2e "* ]] || "$repo/dev" test-part "e2e_$backend" || broken+=("e2e")
}

# The last line, whatever happened before it; the exit code is 0 only when all was well.
count_tests() {
  say "took $(((SECONDS - started) / 60)) min; reports: target/reports, logs: target/logs"
  python3 e2e/dev/count_tests.py target/reports "${broken[@]}"
}

# test_part maven PART… | e2e_processes | e2e_k3s: one runner, in a process of its own.
test_part() {
  need_host
  need_java
  "test_$@"
}

# test_maven PART…: what JUnit runs by Maven, in one go.
#   unit    every check of the build, plain JUnit
#   it      the kernel's FUSE, loop devices and file systems; a real kube-apiserver with etcd; the importer's tools
#   sanity  upstream csi-sanity, block and mount, on the real driver and engine
test_maven() {
  local parts=" $* " options=() code=0
  case $parts in
    *" it "*" sanity "* | *" sanity "*" it "*) ;;
    *" it "*) options+=('-Dit.test=*IT,!CsiSanityIT' -Dfailsafe.failIfNoSpecifiedTests=false) ;;
    *" sanity "*) options+=('-Dit.test=CsiSanityIT' -Dfailsafe.failIfNoSpecifiedTests=false) ;;
    *) options+=(-DskipITs) ;;
  esac
  [[ $parts = *" unit "* ]] || options+=(-Dtest=NoUnitTest -Dsurefire.failIfNoSpecifiedTests=false -Dspotless.check.skip)
  if [[ $parts = *" it "* || $parts = *" sanity "* ]]; then
    need_go
    e2e/tools/build.sh etcd kubernetes csi
  fi
  [[ $parts != *" unit "* ]] || bench_tests || code=$?
  rm -rf {crds,csi-driver,operator,engine/core,engine/daemon}/target/{surefire,failsafe}-reports
  mkdir -p target
  touch target/built.starting
  say "$*: builds, checks and tests every module (about 10 min for all; log: target/logs/maven.log)"
  # Two modules at a time: their tests wait a lot, for programs of their own.
  logged maven mvn -ntp -fae -T 2 "${options[@]}" verify || code=$?
  [ $code != 0 ] || mv target/built.starting target/built
  collect
  return $code
}

# The benchmark's own unit tests. A failure is in their report; without a report they did not run.
bench_tests() {
  mkdir -p target/logs
  /usr/bin/python3 e2e/bench/run-tests.py target/reports/bench/unit.xml >target/logs/bench-tests.log 2>&1 || [ -e target/reports/bench/unit.xml ]
}

# collect: takes over the XML reports that Maven's runners wrote.
collect() {
  local file module
  for file in {crds,csi-driver,operator,engine/core,engine/daemon}/target/{surefire,failsafe}-reports/TEST-*.xml; do
    [ -e "$file" ] || continue
    module=${file%%/target/*}
    mkdir -p "target/reports/maven/${module//\//-}"
    cp "$file" "target/reports/maven/${module//\//-}/"
  done
}

# A cluster of its own: one that somebody plays with stays as it is.
e2e_state() { echo "${MILLRACE_STATE:-$repo/target/test-cluster}"; }

test_e2e_processes() {
  local code=0
  MILLRACE_STATE=$(e2e_state)
  export MILLRACE_STATE
  trap 'trap - EXIT; down || exit 1' EXIT
  trap 'exit 130' INT TERM
  up
  say "e2e: a class per behaviour on the cluster (about 10 min; log: target/logs/e2e.log)"
  inside_java org.junit.platform.console.ConsoleLauncher execute --scan-classpath e2e/target/test-classes \
    --include-classname '.*E2E' --reports-dir target/reports/e2e --disable-banner --disable-ansi-colors --details=testfeed \
    2>&1 | tee target/logs/e2e.log || code=$?
  return $code
}

test_e2e_k3s() {
  [ -S /var/run/docker.sock ] || {
    echo "error: the k3s backend needs a Docker engine, and /var/run/docker.sock is not there; without Docker use ./dev test e2e" >&2
    return 1
  }
  local archives
  need_java
  build
  images
  guest_images
  mkdir -p target/www /run/millrace
  publish_guests target/www
  archives=$(printf '%s,' $(e2e/images/build.sh upstream) target/images/{engine,csi-driver,operator,importer}.tar)
  say "e2e on Testcontainers K3s (log: target/logs/e2e-k3s.log)"
  logged e2e-k3s java -Dmillrace.backend=k3s -Dmillrace.archives="${archives%,}" -Dmillrace.guests="$repo/target/www" \
    -cp "$(e2e_classpath)" org.junit.platform.console.ConsoleLauncher execute \
    --scan-classpath e2e/target/test-classes --include-classname '.*E2E' --reports-dir target/reports/e2e
}

core_classes=engine/core/target/classes:engine/core/target/test-classes
compile_core() { logged core-build mvn -ntp -q -DskipTests -Dspotless.check.skip -pl engine/core -am test-compile; }

sim() {
  need_java
  compile_core
  exec java --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -Xmx1g -cp "$core_classes" io.millrace.engine.sim.SimMain "$@"
}

bench() {
  need_java
  case ${1:-} in
    maps)
      shift
      compile_core
      exec java --enable-native-access=ALL-UNNAMED -Xmx3g -cp "$core_classes" io.millrace.engine.core.MapBench "$@" ;;
    opening)
      shift
      compile_core
      [ $# -gt 0 ] || set -- 10 25 50 100
      exec java --enable-native-access=ALL-UNNAMED -Xmx8g -XX:MaxDirectMemorySize=4g -cp "$core_classes" \
        io.millrace.engine.core.OpenBench "$@" ;;
    load)
      shift
      compile_core
      exec java --enable-native-access=ALL-UNNAMED -Xmx1g -XX:MaxDirectMemorySize=3g -cp "$core_classes" \
        io.millrace.engine.core.LoadBench "$@" ;;
    submission)
      shift
      build
      mkdir -p "${1:-target/bench}"
      exec java --enable-native-access=ALL-UNNAMED -cp "engine/daemon/target/test-classes:engine/daemon/target/app/lib/*" \
        io.millrace.engine.daemon.storage.SubmissionBench "${1:-target/bench}" ;;
    streams)
      compile_core
      exec java -Xmx1g -cp "$core_classes" io.millrace.engine.core.StreamBench ;;
    recovery)
      shift
      need_host
      build
      exec e2e/bench/recovery.sh "$@" ;;
    *)
      need_host
      # Plots alone need it; the distribution pins its version.
      [[ " $* " != *" --publish "* ]] || /usr/bin/python3 -c "import matplotlib" 2>/dev/null || apt_install python3-matplotlib
      build
      exec /usr/bin/python3 e2e/bench/bench.py "$@" ;;
  esac
}
