# Sourced by ./dev: the long runs of what the tests do shortly, and the evidence that they leave.

# What each part does when nothing else is asked for (empty: all there is); a run of that length is evidence.
declare -A soak_full=([sim]='--seconds 600' [exhaustive]='' [flips]='' [hostile]='--seconds 120' [fuzz]='--seconds 600' [kill]='--rounds 1000' [fs]='--rounds 20')

# soak PART [--seconds N | --rounds N] [--seed S]
soak() {
  local part=${1:-} length=() seed=() code=0 started evidence log
  [ -n "$part" ] && [ -n "${soak_full[$part]+there}" ] || die "soak: which part? (have: $(soak_parts))"
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      --seconds | --rounds) length=("$1" "${2:?$1 wants a number}"); shift ;;
      --seed) seed=("$1" "${2:?$1 wants a number}"); shift ;;
      *) die "soak: unknown argument: $1" ;;
    esac
    shift
  done
  [[ ${soak_full[$part]} = *--rounds* || ${length[0]:-} != --rounds ]] || die "soak: $part is measured in --seconds"
  [ "$part" != flips ] || [ ${#length[@]}${#seed[@]} = 00 ] || die "soak: flips does every byte, once"
  evidence=$(soak_evidence "$part" "${length[@]}")
  [ ${#length[@]} -gt 0 ] || read -ra length <<<"${soak_full[$part]}"
  "soak_prepare_$part"
  log=target/logs/soak-$part.log
  say "soak $part ${length[*]} ${seed[*]} (log: $log)"
  mkdir -p target/logs
  started=$SECONDS
  "soak_$part" "${length[@]}" "${seed[@]}" 2>&1 | tee "$log" || code=$?
  [ "$code" -lt 128 ] || return "$code" # interrupted
  python3 e2e/dev/evidence.py "$evidence" "$log" "./dev soak $part ${length[*]}" $((SECONDS - started)) "$code"
  return "$code"
}

soak_parts() { printf '%s\n' "${!soak_full[@]}" | sort | xargs; }

# soak_evidence PART [--seconds|--rounds N]: where its figures go. Less than the full length proves less, and stays out
# of the repository.
soak_evidence() {
  local unit full
  read -r unit full <<<"${soak_full[$1]}"
  if [ $# = 1 ] || { [ "$2" = "$unit" ] && [ "$3" -ge "$full" ]; }; then
    echo "docs/evidence/$1.json"
  else
    echo "target/soak/$1.json"
  fi
}

soak_prepare_sim() {
  need_java
  compile_core
}

soak_sim() { core_soak io.millrace.engine.sim.SimMain "$@" --json; }

soak_prepare_exhaustive() { soak_prepare_sim; }

# It ends by itself when it has been through all sequences.
soak_exhaustive() { core_soak io.millrace.engine.sim.ExhaustiveMain "$@" --json; }

soak_prepare_flips() { soak_prepare_sim; }

soak_flips() {
  mkdir -p target/soak
  core_soak io.millrace.engine.core.FlippedBits "$@" --json target/soak/flips.counts || return
  tr '\n' ' ' <target/soak/flips.counts
  echo
}

soak_prepare_hostile() { soak_prepare_sim; }

soak_hostile() { core_soak io.millrace.engine.core.HostileImages "$@"; }

soak_prepare_fuzz() { soak_prepare_daemon; }

# What reads a disk or a staging ring, and what a kernel asks: half of the time each.
soak_fuzz() {
  java --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -XX:+UseSerialGC -Xmx1g \
    -cp "engine/daemon/target/test-classes:engine/core/target/test-classes:engine/daemon/target/app/lib/*" \
    io.millrace.engine.core.FuzzMain "$@" io.millrace.engine.core.FuzzedParsers io.millrace.engine.daemon.fuse.FuzzedRequests
}

core_soak() { java --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -Xmx1g -cp "$core_classes" "$@"; }

soak_prepare_kill() {
  need_host
  soak_prepare_daemon
}

soak_prepare_daemon() {
  need_java
  logged soak-build mvn -ntp -q -DskipTests -Dspotless.check.skip -pl engine/daemon -am package
}

soak_kill() { daemon_soak kill "$@"; }

soak_prepare_fs() { soak_prepare_kill; }

soak_fs() { daemon_soak fs "$@"; }

daemon_soak() {
  java --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Xmx768m \
    -Dmillrace.app=engine/daemon/target/app -cp 'engine/daemon/target/test-classes:engine/daemon/target/app/lib/*' \
    io.millrace.engine.daemon.it.Soak "$@"
}
