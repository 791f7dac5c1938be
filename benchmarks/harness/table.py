"""A run as a markdown page: one line per cell, then what has to be said about some of them."""

import statistics

from .engines import TITLES
from .measure import OURS

BUSY = 0.05  # of a core; less is what any machine does by itself


def head(peers, shares):
    """`shares`: with the columns of what attune reaches of the machine's limits."""
    columns = ["what", "sizes", "threads", "attune ms", *(f"{TITLES[p]} ms" for p in peers),
               "ratio", "range", *(["of peak", "of bound"] if shares else []), "difference"]
    return f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}"


def line(record, peers, shares):
    sizes = " ".join(f"{name}={size}" for name, size in record["sizes"].items())
    times = [_time(record, engine) for engine in (OURS, *peers)]
    profile = record.get("profile") or {}
    cells = [record["name"], sizes, str(record["threads"]), *times, _ratio(record), _range(record),
             *([_percent(profile.get(key)) for key in ("of_peak", "of_bound")] if shares else []),
             _number(record.get("difference"), ".1e")]
    return f"| {' | '.join(cells)} |"


def summary(records):
    ratios = [r["ratio"] for r in records if r.get("ratio")]
    if not ratios:
        return "No cell has a ratio."
    return (f"{len(ratios)} ratios: geometric mean {statistics.geometric_mean(ratios):.2f}, "
            f"lowest {min(ratios):.2f}, {sum(r >= 1 for r in ratios)} of them at least 1.")


def notes(records):
    """What a side did not do, and whether the machine was ours alone."""
    found = []
    for record in records:
        if record["status"] != "timed":
            found.append(f"{record['label']}: attune {record['status']}: {record['message']}")
        for note in record["notes"]:
            found.append(f"{record['label']}: {TITLES[note['engine']]} ({note['spelling']}) "
                         f"{note['text']}")
    busy = [record for record in records if record.get("others", 0) > BUSY]
    if busy:
        worst = max(busy, key=lambda record: record["others"])
        found.append(f"The machine was busy in {len(busy)} of {len(records)} cells: others used up "
                     f"to {worst['others']:.2f} cores ({worst['label']}). Measure again.")
    return found


def page(title, report):
    """The whole page."""
    machine, peers, records = report["machine"], report["peers"], report["cells"]
    shares = has_shares(records)
    versions = ", ".join(f"{TITLES[name]} {text}" for name, text in machine["versions"].items())
    when = f"{report['date']}, " if report["date"] else ""
    about = (f"{when}{machine['cpu']}, {machine['cores']} cores; {versions}. Medians of "
             f"{report['rounds']} rounds of {report['seconds']} s a side.")
    lines = [f"# {title}", "", about, "", head(peers, shares),
             *(line(record, peers, shares) for record in records), "", summary(records)]
    lines += _peaks(records)
    found = notes(records)
    if found:
        lines += ["", *(f"- {note}" for note in found)]
    return "\n".join(lines) + "\n"


def has_shares(records):
    return any(record.get("profile") for record in records)


def _peaks(records):
    """A line for each number of threads: between what values the peak wandered."""
    found = {}
    for record in records:
        if record.get("profile"):
            peak = record["profile"]["limits"]["fma_gflops"]
            found.setdefault(record["threads"], []).append(peak)
    for threads, peaks in sorted(found.items()):
        yield (f"Peak of multiply-adds (threads: {threads}), measured after each cell: "
               f"{min(peaks):.0f} to {max(peaks):.0f} GFLOP/s.")


def _time(record, engine):
    times = [side["median_ms"] for side in record["sides"] if side["engine"] == engine]
    return _number(min(times, default=None), ".3f" if times and min(times) < 10 else ".1f")


def _ratio(record):
    if record["status"] != "timed":
        return record["status"]
    return _number(record["ratio"], ".2f")


def _range(record):
    ratios = record.get("ratios")
    return f"{min(ratios):.2f} to {max(ratios):.2f}" if ratios else ""


def _percent(share):
    return "" if share is None else f"{share:.0f} %"


def _number(value, form):
    return "" if value is None else format(value, form)
