"""Runs fio and reads its JSON."""
import json
import subprocess

SUMMED = ("ios", "read_ios", "write_ios", "read_bytes", "write_bytes", "syncs", "errors")
PERCENTILES = {"p50": "50.000000", "p99": "99.000000", "p999": "99.900000"}


def command(targets, options, size, seconds, out):
    """One job per target, all at a time; the final flush is inside the time that fio counts."""
    timed = ["--time_based", f"--runtime={seconds}"] if seconds else []
    jobs = [word for number, target in enumerate(targets) for word in (f"--name=job{number}", *target)]
    return ["fio", *options, f"--size={size}", *timed, "--end_fsync=1", "--thread", "--output-format=json", f"--output={out}", *jobs]


def run(words, group, timeout):
    done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, preexec_fn=group.enter, check=False)
    if done.returncode != 0:
        out = next((word[9:] for word in words if word.startswith("--output=")), None)
        said = (done.stderr or done.stdout or (open(out).read() if out else "")).strip()[:600]
        raise RuntimeError(f"fio failed with {done.returncode}: {said}")


def latencies(side):
    """p50, p99, p99.9 in µs of a clat_ns or lat_ns with percentiles; {} when there was no such operation."""
    found = side.get("percentile", {})
    return {name: round(found[key] / 1000, 1) for name, key in PERCENTILES.items() if key in found}


def load_json(text):
    """fio may print warnings before its JSON."""
    return json.loads(text[text.index("{"):])


def parse_job(job):
    read, write = job["read"], job["write"]
    seconds = max(read["runtime"], write["runtime"]) / 1000
    ios = read["total_ios"] + write["total_ios"]
    leading = write if write["total_ios"] >= read["total_ios"] else read
    return {
        "seconds": seconds,
        "ios": ios,
        "iops": ios / max(seconds, 0.001),
        "read_ios": read["total_ios"],
        "write_ios": write["total_ios"],
        "read_bytes": read["io_bytes"],
        "write_bytes": write["io_bytes"],
        "latency_us": latencies(leading["clat_ns"]),
        "sync_us": latencies(job.get("sync", {}).get("lat_ns", {})),
        "syncs": job.get("sync", {}).get("total_ios", 0),
        "errors": job.get("error", 0),
    }


def parse(*texts):
    """The figures of all jobs of all clients together. Of latencies the median of the jobs' p50, and the worst job's p99 and p99.9."""
    jobs = [parse_job(job) for text in texts for job in load_json(text)["jobs"]]
    if len(jobs) == 1:
        return {**jobs[0], "each_iops": [jobs[0]["iops"]]}
    sums = {key: sum(job[key] for job in jobs) for key in SUMMED}
    seconds = max(job["seconds"] for job in jobs)
    latency = [job["latency_us"] for job in jobs if job["latency_us"]]
    worst = {name: max(found[name] for found in latency) for name in ("p99", "p999")} if latency else {}
    middle = {"p50": sorted(found["p50"] for found in latency)[len(latency) // 2]} if latency else {}
    return {**sums, "seconds": seconds, "iops": sums["ios"] / max(seconds, 0.001), "latency_us": {**middle, **worst},
            "sync_us": {}, "each_iops": [job["iops"] for job in jobs]}
