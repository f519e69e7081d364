#!/bin/bash
# What volumes of one store feel of each other: seven beside a greedy one, fifty at once, and one beside three that are
# held to 10 requests a second and have 128 queued each.
#
#   qos.sh [--quick] [--dir DIR]     DIR: a folder on the disk to measure (default: target/bench/work)
#
# Prints the figures and their bars; JSON in target/bench/qos.json. Ends with 1 when a bar is missed.
set -euo pipefail
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
app=${MILLRACE_APP:-$repo/engine/daemon/target/app}
work=$repo/target/bench/work
seconds=8 rounds=3 many=50
while [ $# -gt 0 ]; do
  case $1 in
    --quick) seconds=4 rounds=2 ;;
    --dir) work=$2; shift ;;
    *) echo "usage: qos.sh [--quick] [--dir DIR]" >&2; exit 2 ;;
  esac
  shift
done
volume_mib=64
source "$repo/e2e/bench/engine.sh"

clean_up() {
  local volume
  [ -z "$daemon" ] || for volume in slow0 slow1 slow2; do millrace volume set $volume --iops 0 >/dev/null 2>&1 || true; done
  stop_engine
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT

# attach NAME [OPTION…]: a new volume, written full; gives its device.
attach() {
  local name=$1 device
  shift
  millrace volume create "$name" --size ${volume_mib}MiB "$@" >/dev/null
  device=$(field device volume attach "$name")
  echo "$device" >"$work/device-$name"
}

device() { cat "$work/device-$1"; }

fill() { dd if=/dev/urandom of="$(device "$1")" bs=1M count=$volume_mib iflag=fullblock oflag=direct conv=fsync status=none; }

# load OUT PATTERN DEPTH VOLUME…: one fio with a job for each volume; a job begins when all have.
load() {
  local out=$1 pattern=$2 depth=$3 volume
  local jobs=()
  shift 3
  for volume in "$@"; do
    jobs+=(--name="$volume" --filename="$(device "$volume")")
    [ "$volume" != greedy ] && jobs+=(--iodepth="$depth") || jobs+=(--iodepth=128)
  done
  fio --direct=1 --ioengine=libaio --rw="$pattern" --bs=4k --size=${volume_mib}M --runtime="$seconds" --time_based \
    --norandommap --randrepeat=0 --thread --output-format=json --output="$work/$out.json" "${jobs[@]}"
}

quiet=(v0 v1 v2 v3 v4 v5 v6)

greedy_one() {
  local round pattern
  for round in $(seq "$rounds"); do
    for pattern in randwrite randread; do
      load "without-$pattern-$round" "$pattern" 1 "${quiet[@]}"
      load "with-$pattern-$round" "$pattern" 1 "${quiet[@]}" greedy
    done
  done
}

limited_ones() {
  local volume round floods=()
  for round in $(seq "$rounds"); do
    load "alone-$round" randread 1 v0
  done
  for volume in slow0 slow1 slow2; do
    fio --name=flood --filename="$(device $volume)" --direct=1 --ioengine=libaio --iodepth=128 --rw=randwrite --bs=4k \
      --size=${volume_mib}M --time_based --runtime=$((rounds * (seconds + 5))) >"$work/flood-$volume.log" &
    floods+=($!)
  done
  for round in $(seq "$rounds"); do
    load "beside-$round" randread 1 v0
  done
  timeout 60 blkdiscard "$(device v1)" && echo yes >"$work/discarded" || echo no >"$work/discarded"
  for volume in slow0 slow1 slow2; do
    millrace volume set $volume --iops 0 >/dev/null
  done
  wait "${floods[@]}"
}

report() {
  mkdir -p "$repo/target/bench"
  python3 - "$work" "$repo/target/bench/qos.json" "$rounds" "$seconds" <<'PY'
import json, os, statistics, sys
work, out, rounds, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
def jobs(name):
    found = {}
    for job in json.load(open("%s/%s.json" % (work, name)))["jobs"]:
        way = job["write"] if job["write"]["total_ios"] else job["read"]
        found[job["jobname"]] = (way["iops"], way["clat_ns"]["percentile"]["99.000000"] / 1000)
    return found
def median(names, what):
    all_of = [jobs(n) for n in names]
    return {v: statistics.median(j[v][what] for j in all_of) for v in all_of[0]}
def of(name):
    return ["%s-%d" % (name, r) for r in range(1, rounds + 1)]
figures, missed = {}, []
def bar(title, value, good, shown, extra=""):
    figures[title] = value
    if not good:
        missed.append(title)
    print("%-66s %8.2f   bar %-8s %s %s" % (title, value, shown, "" if good else "MISSED", extra))
print("4 KiB, direct I/O, %s s per run, medians of %d, %d cores" % (seconds, rounds, os.cpu_count()))
for pattern in ("randwrite", "randread"):
    alone, beside = median(of("without-" + pattern), 0), median(of("with-" + pattern), 0)
    kept = {v: beside[v] / alone[v] for v in alone}
    told = "(sum %.0f/s before, %.0f/s beside, the greedy one %.0f/s)" % (
        sum(alone.values()), sum(beside[v] for v in alone), beside["greedy"])
    worst = min(kept.values())
    bar("%s: worst of seven at depth 1 beside one at depth 128 keeps" % pattern, worst, worst >= 0.8, ">= 0.80", told)
many = jobs("many")
least, mean = min(j[0] for j in many.values()), statistics.mean(j[0] for j in many.values())
bar("randwrite: the slowest of %d at depth 1, of the mean" % len(many), least / mean, least * 3 >= mean, ">= 0.33",
    "(sum %.0f/s)" % sum(j[0] for j in many.values()))
alone, beside = (median(of(n), 1)["v0"] for n in ("alone", "beside"))
bar("randread p99 beside three at 10/s with 128 queued each, of alone", beside / alone, beside <= 2 * alone, "<= 2.00",
    "(%.0f us, %.0f us)" % (alone, beside))
done = open(work + "/discarded").read().strip() == "yes"
bar("a discard beside them completes", float(done), done, "1")
json.dump({"figures": figures, "missed": missed, "seconds_per_run": int(seconds), "runs": rounds}, open(out, "w"), indent=1)
sys.exit(1 if missed else 0)
PY
}

mkdir -p "$work"
millrace store format "$work/store" --size 6GiB >"$work/format.log" 2>&1
start_engine
for volume in "${quiet[@]}" greedy; do attach "$volume" && fill "$volume"; done
for volume in slow0 slow1 slow2; do attach $volume --iops 10; done
for n in $(seq "$many"); do attach "m$n"; done
greedy_one
names=()
for n in $(seq "$many"); do names+=("m$n"); done
load many randwrite 1 "${names[@]}"
limited_ones
report
