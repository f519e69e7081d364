"""Puts a result into docs/performance.md: tables between its markers, plots beside it."""
import machine
import plots
import report


def publish(result, repository):
    document = repository / "docs/performance.md"
    folder = repository / "docs/performance"
    folder.mkdir(exist_ok=True)
    caption = f"{result['command']} · {machine.line(result['machine'])}"
    text = document.read_text()
    for part in dict.fromkeys(row["part"] for row in result["rows"] if row["part"] != "cap"):
        rows = [row for row in result["rows"] if row["part"] == part]
        made = plots.operations(rows, folder, part, caption)
        made += plots.seconds([one for one in result["series"] if one["part"] == part], folder, caption)
        tables = report.markdown(rows)
        if part == "clones":
            tables += "\n" + "\n".join(report.markdown_table(report.CREATION_COLUMNS, result["creations"]))
        images = "\n".join(f"![{path.stem}](performance/{path.name})" for path in made)
        text = report.between_markers(text, part, f"`{result['command']}`, {machine.line(result['machine'])}\n\n{images}\n\n{tables}")
    found = [f"- {'met' if bar['met'] else '**missed**'}: {bar['name']}: {bar['figure']:.2f} (bar {'≥' if bar['least'] else '≤'} {bar['bar']:g})"
             for bar in result["bars"]]
    remarks = [*(f"- **not to be trusted**: {failure}" for failure in result["failures"]), *(f"- {note}" for note in result["not_measured"])]
    run = f" — `{result['command']}`, commit {result['machine']['commit']}, {result['machine']['date']}"
    stands = merged(text.split("<!-- bench bars: begin -->", 1)[1].split("<!-- bench bars: end -->", 1)[0], [line + run for line in found + remarks])
    document.write_text(report.between_markers(text, "bars", stands))


def merged(before, lines):
    """What earlier runs of other parts found, and these lines instead of what they found on the same."""
    stands = {subject(line): line for line in before.splitlines() if line.startswith("- ")}
    return "\n".join({**stands, **{subject(line): line for line in lines}}.values())


def subject(line):
    """What a line is about: the name of its bar."""
    words = line.split(": ")
    return words[1] if len(words) > 2 else line.split(" — ")[0]
