# Sourced by ./dev: runs the parts of the test suite and adds up what their runners counted.

run_tests() {
  local parts=() part backend=processes failed_to_run=() started=$SECONDS
  for part in "$@"; do
    case $part in
      unit | it | sanity | e2e) parts+=("$part") ;;
      --backend=processes | --backend=k3s) backend=${part#--backend=} ;;
      *) die "test: no such part: $part (have: unit it sanity e2e, --backend=k3s)" ;;
    esac
  done
  [ ${#parts[@]} -gt 0 ] || parts=(unit it sanity e2e)
  rm -rf target/reports
  mkdir -p target/reports
  need_host
  need_java
  for part in "${parts[@]}"; do
    "test_$part" || failed_to_run+=("$part")
  done
  say "took $(((SECONDS - started) / 60)) min; reports: target/reports, logs: target/logs"
  python3 e2e/dev/count_tests.py target/reports "${failed_to_run[@]}"
}

# collect PART: takes over the XML reports that Maven's runners wrote.
collect() {
  local file module
  for file in {crds,csi-driver,operator,engine/core,engine/daemon}/target/{surefire,failsafe}-reports/TEST-*.xml; do
    [ -e "$file" ] || continue
    module=${file%%/target/*}
    mkdir -p "target/reports/$1/${module//\//-}"
    mv "$file" "target/reports/$1/${module//\//-}/"
  done
}

test_unit() {
  local code=0
  say "unit: compiles everything with its checks, runs plain JUnit (about 4 min)"
  logged unit mvn -ntp -fae -DskipITs verify || code=$?
  collect unit
  return $code
}

# The kernel's FUSE, loop devices and file systems, a real kube-apiserver with etcd, the importer's tools.
test_it() {
  local code=0
  need_go
  e2e/tools/build.sh etcd kubernetes csi || return 1
  say "it: engine, operator and importer against the real kernel and a real kube-apiserver (about 4 min)"
  logged it mvn -ntp -fae -Dsurefire.skip=true -Dspotless.check.skip -Dit.test='*IT,!CsiSanityIT' -Dfailsafe.failIfNoSpecifiedTests=false verify || code=$?
  collect it
  return $code
}

test_sanity() {
  local code=0
  need_go
  e2e/tools/build.sh csi || return 1
  say "sanity: upstream csi-sanity, block and mount, on the real driver and engine (about 2 min)"
  logged sanity mvn -ntp -fae -Dsurefire.skip=true -Dspotless.check.skip -Dit.test=CsiSanityIT -Dfailsafe.failIfNoSpecifiedTests=false -pl csi-driver -am verify || code=$?
  collect sanity
  return $code
}

test_e2e() {
  local code=0
  if [ "${backend:-processes}" = k3s ]; then
    test_e2e_k3s
    return
  fi
  up || return 1
  say "e2e: a class per behaviour on the cluster (about 8 min; log: target/logs/e2e.log)"
  inside_java e2e org.junit.platform.console.ConsoleLauncher execute --scan-classpath e2e/target/test-classes \
    --include-classname '.*E2E' --reports-dir target/reports/e2e --disable-banner --details=testfeed \
    2>&1 | tee target/logs/e2e.log || code=$?
  down || code=1
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

sim() {
  need_java
  logged sim-build mvn -ntp -q -DskipTests -Dspotless.check.skip -pl engine/core -am test-compile
  exec java --enable-native-access=ALL-UNNAMED -Xmx1g \
    -cp engine/core/target/classes:engine/core/target/test-classes:"$(jspecify_jar)" io.millrace.engine.sim.SimMain "$@"
}

jspecify_jar() { ls "$HOME"/.m2/repository/org/jspecify/jspecify/1.0.0/*.jar | head -n 1; }

bench() {
  need_host
  need_java
  [ -d engine/daemon/target/app ] || build
  exec e2e/bench/write-path.sh "$@"
}
