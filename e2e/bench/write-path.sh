#!/bin/bash
# 4 KiB random writes, queue depth 32: a raw file through a loop device (A) beside a volume of ours (B), both with
# direct I/O, on the same disk, in the same run, in the order A B A B. The data are verified before anything is timed.
#
#   write-path.sh [--quick] [--dir DIR]     DIR: a folder on the disk to measure (default: target/bench/work)
#
# Prints a table; JSON in target/bench/write-path.json. Ends with 1 when ours reaches less than half of the raw file.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
app=${MILLRACE_APP:-$repo/engine/daemon/target/app}
work=$repo/target/bench/work
seconds=8
rounds=3
while [ $# -gt 0 ]; do
  case $1 in
    --quick) seconds=4 rounds=2 ;;
    --dir) work=$2; shift ;;
    *) echo "usage: write-path.sh [--quick] [--dir DIR]" >&2; exit 2 ;;
  esac
  shift
done
store_mib=4096 volume_mib=1024
raw_loop=
results=$work/results
source "$repo/e2e/bench/engine.sh"

clean_up() {
  stop_engine
  [ -z "$raw_loop" ] || losetup -d "$raw_loop" 2>/dev/null || true
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT

raw_device() {
  dd if=/dev/zero of="$work/raw" bs=1M count=$volume_mib oflag=direct status=none
  raw_loop=$(losetup --find --show --direct-io=on "$work/raw")
}

our_device() {
  millrace store format "$work/store" --size ${store_mib}MiB >"$work/format.log" 2>&1
  start_engine
  millrace volume create bench --size ${volume_mib}MiB >/dev/null
  our_loop=$(field device volume attach bench)
}

verify() {
  fio --name=verify --filename="$1" --direct=1 --ioengine=libaio --rw=randwrite --bs=4k --iodepth=32 --size=64M \
    --verify=crc32c --verify_fatal=1 --verify_state_save=0 --output="$work/verify.log"
}

# One timed run; a line: side iops p50us p99us
measure() {
  fio --name=write --filename="$2" --direct=1 --ioengine=libaio --rw=randwrite --bs=4k --iodepth=32 \
    --size=${volume_mib}M --runtime="$seconds" --time_based --norandommap --randrepeat=0 --end_fsync=1 \
    --output-format=json --output="$work/fio.json"
  python3 - "$1" "$work/fio.json" <<'PY' >>"$results"
import json, sys
write = json.load(open(sys.argv[2]))["jobs"][0]["write"]
p = write["clat_ns"]["percentile"]
print(sys.argv[1], round(write["iops"]), round(p["50.000000"] / 1000), round(p["99.000000"] / 1000))
PY
}

report() {
  millrace stats -o json >"$work/stats.json"
  mkdir -p "$repo/target/bench"
  python3 - "$results" "$work/stats.json" "$repo/target/bench/write-path.json" "$(nproc)" "$seconds" <<'PY'
import json, statistics, sys
results, stats, out, cores, seconds = sys.argv[1:]
runs = {"raw": [], "ours": []}
for line in open(results):
    side, *figures = line.split()
    runs[side].append([int(f) for f in figures])
median = {s: [statistics.median(c) for c in zip(*r)] for s, r in runs.items()}
ratio = median["ours"][0] / median["raw"][0]
s = json.load(open(stats))
per_write = s["device_write_bytes"] / max(s["device_writes"], 1)
print("4 KiB random write, queue depth 32, %s s per run, %s cores; medians of %d runs each" % (seconds, cores, len(runs["raw"])))
print("%-34s %9s %9s %9s   %s" % ("", "writes/s", "p50 us", "p99 us", "runs, writes/s"))
for side, name in (("raw", "raw file through a loop device"), ("ours", "Millrace volume")):
    print("%-34s %9d %9d %9d   %s" % (name, *median[side], " ".join(str(r[0]) for r in runs[side])))
print("ratio %.2f (bar of this cut: 0.5; aim 1.2)" % ratio)
print("to the disk: %d writes of %.0f KiB on average for %d of users'; %.2f bytes per byte" % (
    s["device_writes"], per_write / 1024, s["user_writes"], s["device_write_bytes"] / max(s["user_write_bytes"], 1)))
json.dump({"raw": runs["raw"], "ours": runs["ours"], "columns": ["iops", "p50_us", "p99_us"], "ratio": ratio,
           "stats": s, "seconds_per_run": int(seconds), "cores": int(cores)}, open(out, "w"), indent=1)
sys.exit(0 if ratio >= 0.5 else 1)
PY
}

mkdir -p "$work"
raw_device
our_device
verify "$raw_loop"
verify "$our_loop"
for _ in $(seq "$rounds"); do
  measure raw "$raw_loop"
  measure ours "$our_loop"
done
report
