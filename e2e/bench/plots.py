"""SVG plots of a result, for docs/performance.md. Needs python3-matplotlib."""
COLOURS = {"raw": "#888888", "ours": "#1f6fb4", "ours-nbd": "#7db8e8", "qcow2": "#c9622b", "reflink": "#4c9a52", "raw-nbd": "#bbbbbb"}


def pyplot():
    import matplotlib  # only who publishes needs it

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "millrace"  # the same figures make the same file
    import matplotlib.pyplot

    return matplotlib.pyplot


def save(figure, path, caption):
    figure.text(0.01, -0.02, caption, fontsize=6, color="#555555", verticalalignment="top")
    figure.savefig(path, format="svg", metadata={"Date": None}, bbox_inches="tight")


def operations(rows, folder, part, caption):
    """One plot per disk: a group of bars per load, operations per second, logarithmic."""
    plt, made = pyplot(), []
    for disk in dict.fromkeys(row["disk"] for row in rows if row["part"] == part):
        here = [row for row in rows if row["part"] == part and row["disk"] == disk]
        names, kinds = list(dict.fromkeys(row["load"] for row in here)), list(dict.fromkeys(row["contender"] for row in here))
        titles = {row["load"]: row["title"] for row in here}
        figure, axes = plt.subplots(figsize=(9, 0.9 + 0.32 * len(here)))
        for index, kind in enumerate(kinds):
            mine = [row for row in here if row["contender"] == kind]
            places = [names.index(row["load"]) + index * 0.8 / len(kinds) for row in mine]
            bars = axes.barh(places, [row["iops"] for row in mine], 0.75 / len(kinds), color=COLOURS.get(kind), label=kind)
            axes.bar_label(bars, [f"{row['iops']:,.0f}" for row in mine], fontsize=7, padding=2)
        axes.set_yticks(range(len(names)), [titles[name] for name in names], fontsize=8)
        axes.invert_yaxis()
        axes.set_xscale("log")
        axes.set_xlim(10, 3 * max(row["iops"] for row in here))  # the same left end in all plots
        axes.set_xlabel("operations per second, logarithmic")
        axes.set_title(f"{part}: {disk}")
        axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.01, 1))
        path = folder / f"{part}-{disk}.svg"
        save(figure, path, caption)
        plt.close(figure)
        made.append(path)
    return made


def seconds(series, folder, caption):
    """Operations second by second, with raw's mean as a line."""
    plt, made = pyplot(), []
    for one in series:
        figure, axes = plt.subplots(figsize=(9, 3))
        axes.plot(one["ours_each_second"], color=COLOURS["ours"], linewidth=0.8, label="ours")
        axes.axhline(one["raw_iops"], color=COLOURS["raw"], label="raw, mean")
        axes.set_ylim(bottom=0)
        axes.set_xlabel("seconds")
        axes.set_ylabel("writes per second")
        axes.set_title(f"{one['part']}: {one['disk']}")
        axes.legend(fontsize=7)
        path = folder / f"{one['part']}-seconds.svg"
        save(figure, path, caption)
        plt.close(figure)
        made.append(path)
    return made
