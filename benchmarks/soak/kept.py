"""The kept soaks as a table for the pages."""

from benchmarks.result_files import result, rows

CUT_OFF = "0"  # stands for a status where the client went away


def table() -> str:
    kept = result("soak")
    page, training = kept["search_page"], kept["training"]
    statuses: dict[str, int] = {}
    for found in page["statuses"].values():
        for status, count in found.items():
            statuses[status] = statuses.get(status, 0) + count
    answers = ", ".join(f"{status} {count:,} times" for status, count in sorted(statuses.items()) if status != CUT_OFF)
    done = {
        f"search page, {page['requests']:,} requests": (page, f"{page['per']:,} requests"),
        f"training, {training['epochs']:,} epochs in {training['rounds']} rounds": (training, "100 epochs"),
    }
    lines = [
        [
            what,
            *(held(part, name) for name in ("handles", "threads", "mb")),
            f"{part['growth']['mb']:+.2f} MB per {per}",
        ]
        for what, (part, per) in done.items()
    ]
    header = ["soak", "open files and sockets", "threads", "memory, MB", "growth after the warm-up"]
    note = (
        f"\nEach column: at the start, after the warm-up ({page['warm']['done']:,} requests, "
        f"{training['warm']['done']} rounds), at the end. The {page['kinds']} kinds of requests came in turn. "
        f"Answers: {answers}; {statuses.get(CUT_OFF, 0):,} times the client went away first. "
        f"One thread each, on {kept['machine']}.\n"
    )
    return rows(header, lines) + note


def held(part: dict, name: str) -> str:
    """5, 7, 7: at the start, after the warm-up, at the end."""
    return ", ".join(f"{part[when][name]:g}" for when in ("start", "warm", "end"))
