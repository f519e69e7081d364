#!/bin/bash
# How long a store takes to be served again after `kill -9` of its engine, by how much was written: 4 KiB random
# writes, the worst for the maps.
#
#   recovery.sh [--quick] [--dir DIR]     DIR: a folder on the disk to measure (default: target/bench/work)
#
# Prints a table; JSON in target/bench/recovery.json.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
app=${MILLRACE_APP:-$repo/engine/daemon/target/app}
work=$repo/target/bench/work
amounts_mib=(1024 4096 8192) # written in all, before each kill
while [ $# -gt 0 ]; do
  case $1 in
    --quick) amounts_mib=(512 1024 2048) ;;
    --dir) work=$2; shift ;;
    *) echo "usage: recovery.sh [--quick] [--dir DIR]" >&2; exit 2 ;;
  esac
  shift
done
source "$repo/e2e/bench/engine.sh"
results=$work/results
volume_mib=${amounts_mib[-1]}

clean_up() {
  stop_engine
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT

# Random writes that touch each block at most once, so that the maps grow with what is written.
write_mib() {
  fio --name=fill --filename="$device" --direct=1 --ioengine=libaio --rw=randwrite --bs=4k --iodepth=64 \
    --offset="$1M" --size="$2M" --end_fsync=1 --output="$work/fio.log"
}

mkdir -p "$work"
millrace store format "$work/store" --size $((volume_mib * 3 / 2 + 1024))MiB >"$work/format.log" 2>&1
start_engine
millrace volume create bench --size ${volume_mib}MiB >/dev/null
written=0
for amount in "${amounts_mib[@]}"; do
  device=$(field device volume attach bench)
  write_mib $written $((amount - written))
  written=$amount
  log_mib=$(($(field device_write_bytes stats) >> 20))
  map_bytes=$(field map_bytes stats)
  kill -9 "$daemon"
  wait "$daemon" 2>/dev/null || true
  start_engine
  echo "$written $log_mib $map_bytes $(field boot_millis store info)" >>"$results"
done
mkdir -p "$repo/target/bench"
python3 - "$results" "$repo/target/bench/recovery.json" "$(nproc)" <<'PY'
import json, sys
results, out, cores = sys.argv[1:]
rows = [[int(f) for f in line.split()] for line in open(results)]
print("recovery after kill -9, 4 KiB random writes before, %s cores" % cores)
print("%14s %14s %14s" % ("written MiB", "maps MiB", "recovery ms"))
for written, _, maps, millis in rows:
    print("%14d %14.1f %14d" % (written, maps / 2**20, millis))
json.dump({"columns": ["written_mib", "device_mib_since_start", "map_bytes", "recovery_ms"], "rows": rows, "cores": int(cores)}, open(out, "w"), indent=1)
PY
