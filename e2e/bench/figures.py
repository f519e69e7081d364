"""Medians, spreads and ratios of runs. Pure."""
import statistics


def median(values):
    return statistics.median(values) if values else 0.0


def spread(values):
    """Half of the distance of the best and the worst, as a share of the median: ±."""
    middle = median(values)
    return (max(values) - min(values)) / 2 / middle if middle else 0.0


def per_io_us(run, *names):
    return 1e6 * sum(run["cpu_seconds"][name] for name in names) / max(run["ios"], 1)


def write_amplification(run):
    """Bytes that the disk got for each byte of the user, by the device's counters: all bytes, a journal's and strangers' too."""
    return run["device"]["write_bytes"] / run["write_bytes"] if run["write_bytes"] else None


def row(runs):
    """One line of a table: the runs of one contender under one load."""
    amplification = [a for a in (write_amplification(run) for run in runs) if a is not None]
    latency = {name: median([run["latency_us"].get(name, 0) for run in runs]) for name in ("p50", "p99", "p999")}
    syncs = [run["sync_us"]["p50"] for run in runs if run["sync_us"].get("p50")]
    return {
        "part": runs[0]["part"],
        "contender": runs[0]["contender"],
        "load": runs[0]["load"],
        "title": runs[0]["title"],
        "disk": runs[0]["disk"],
        "acknowledged": runs[0]["acknowledged"],
        "iops": median([run["iops"] for run in runs]),
        "spread": spread([run["iops"] for run in runs]),
        "mib_s": median([(run["read_bytes"] + run["write_bytes"]) / (1 << 20) / run["seconds"] for run in runs]),
        "latency_us": latency,
        "fsync_p50_us": median(syncs) if syncs else None,
        "device_bytes_per_byte": median(amplification) if amplification else None,
        "device_ops_per_s": median([(run["device"]["reads"] + run["device"]["writes"]) / run["wall_seconds"] for run in runs]),
        "flushes_per_s": median([run["device"]["flushes"] / run["wall_seconds"] for run in runs]),
        "cpu_us_per_io": {
            "engine_user": median([per_io_us(run, "engine_user") for run in runs]),
            "engine": median([per_io_us(run, "engine_user", "engine_system") for run in runs]),
            "group": median([per_io_us(run, "group") for run in runs]),
            "machine": median([per_io_us(run, "machine") for run in runs]),
        },
        "rounds": len(runs),
    }


def table(runs):
    """Rows in the order of the runs, with the ratio to raw under the same load on the same disk."""
    grouped = {}
    for run in runs:
        grouped.setdefault((run["part"], run["disk"], run["load"], run["contender"]), []).append(run)
    rows = {key: row(same) for key, same in grouped.items()}
    for (part, disk, load, _), found in rows.items():
        raw = rows.get((part, disk, load, "raw"))
        found["to_raw"] = found["iops"] / raw["iops"] if raw and raw["iops"] else None
    return list(rows.values())
