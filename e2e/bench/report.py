"""What was measured, for people: a table on the terminal, JSON, tables and plots for docs/performance.md."""
import json


def number(value, form="{:,.0f}"):
    return form.format(value) if value is not None else "-"


def micros(value):
    if not value:
        return "-"
    return f"{value / 1000:,.1f} ms" if value >= 10_000 else f"{value:,.0f} µs"


CREATION_COLUMNS = (
    ("disk", 13, lambda c: c["disk"]),
    ("contender", 10, lambda c: c["contender"]),
    ("clones", 7, lambda c: number(c["clones"])),
    ("ms each", 8, lambda c: number(c["ms_each"], "{:.1f}")),
    ("worst ms", 9, lambda c: number(c["ms_worst"], "{:.1f}")),
    ("bytes on the disk, each", 24, lambda c: number(c["device_bytes_each"])),
)

COLUMNS = (  # head, width, cell
    ("contender", 12, lambda r: r["contender"]),
    ("per s", 9, lambda r: number(r["iops"])),
    ("±", 5, lambda r: number(100 * r["spread"], "{:.0f}%") if r["rounds"] > 1 else "1 run"),
    ("MiB/s", 7, lambda r: number(r["mib_s"], "{:,.1f}")),
    ("of raw", 7, lambda r: number(r["to_raw"], "{:.2f}x")),
    ("p50", 9, lambda r: micros(r["latency_us"]["p50"])),
    ("p99", 9, lambda r: micros(r["latency_us"]["p99"])),
    ("p99.9", 9, lambda r: micros(r["latency_us"]["p999"])),
    ("fsync", 8, lambda r: micros(r["fsync_p50_us"])),
    ("disk B/B", 8, lambda r: number(r["device_bytes_per_byte"], "{:.2f}")),
    ("disk op/s", 9, lambda r: number(r["device_ops_per_s"])),
    ("flush/s", 7, lambda r: number(r["flushes_per_s"])),
    ("CPU µs/op: engine", 17, lambda r: number(r["cpu_us_per_io"]["engine"], "{:.1f}") if r["cpu_us_per_io"]["engine"] else "-"),
    ("group", 6, lambda r: number(r["cpu_us_per_io"]["group"], "{:.1f}")),
    ("machine", 7, lambda r: number(r["cpu_us_per_io"]["machine"], "{:.1f}")),
)

LEGEND = """of raw: against raw under the same load on the same disk; a write "staged" is answered by Millrace when it is in memory that
outlives a kill of the engine, by the others when the disk's cache has it; "durable" when it is on the disk. Times include the
final flush. disk B/B: bytes that the disk got per byte written. CPU: of the engine or server; of all processes in its control
group with the client; of the whole machine, the kernel's own threads (and strangers) included."""


def heads(rows):
    """The rows under their disk and load, in order."""
    found = {}
    for row in rows:
        found.setdefault((row["part"], row["disk"], row["load"], row["acknowledged"]), []).append(row)
    return found


def lines_of(columns, items):
    """Aligned text, the first column to the left."""
    lines = [" ".join(f"{head:>{width}}" if i else f"{head:<{width}}" for i, (head, width, _) in enumerate(columns))]
    for item in items:
        cells = (f"{cell(item):>{width}}" if i else f"{cell(item):<{width}}" for i, (_, width, cell) in enumerate(columns))
        lines.append(" ".join(cells))
    return ["  " + line for line in lines]


def terminal(rows, creations):
    lines = []
    for (part, disk, _, acknowledged), same in heads(rows).items():
        lines += ["", f"{part}: {same[0]['title']} · {disk} · {acknowledged}"]
        lines += lines_of(COLUMNS, same)
    if creations:
        lines += ["", "clones: what one takes to make; ours by a call to the engine, the others by people's tools, their start included"]
        lines += lines_of(CREATION_COLUMNS, creations)
    return "\n".join([*lines, "", LEGEND])


def markdown_table(columns, items):
    heads = "| " + " | ".join(head for head, _, _ in columns) + " |"
    return [heads, "|---" * len(columns) + "|", *("| " + " | ".join(cell(item) for _, _, cell in columns) + " |" for item in items)]


def markdown(rows):
    lines = []
    for (_, disk, _, acknowledged), same in heads(rows).items():
        lines += ["", f"**{same[0]['title']}**, {disk}, {acknowledged}", ""]
        lines += markdown_table(COLUMNS, same)
    return "\n".join(lines).strip() + "\n"


def save(path, result):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1, default=str) + "\n")


def between_markers(text, name, content):
    """The document with what stands between the two markers of this name replaced."""
    begin, end = f"<!-- bench {name}: begin -->", f"<!-- bench {name}: end -->"
    before, rest = text.split(begin, 1)
    after = rest.split(end, 1)[1]
    return f"{before}{begin}\n{content.strip()}\n{end}{after}"
