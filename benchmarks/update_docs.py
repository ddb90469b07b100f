"""Writes the kept results into README.md and docs: between the marks, everything is made here and nowhere else.

python -m benchmarks.update_docs                (tests/test_pages.py fails where a page and a result differ)
"""

import re
from collections.abc import Callable

from benchmarks import mutants, suite_coverage, suite_runs
from benchmarks.learning import finetuning, other_size
from benchmarks.learning.budgets import BUDGETS
from benchmarks.learning.model_cards import write_cards
from benchmarks.result_files import ROOT, WITHOUT_BFLOAT16, cores, is_kept, result, rows
from benchmarks.soak.kept import table as soak_table
from benchmarks.speed import streaming
from benchmarks.speed.peer_tables import costs, encode_speed, scaling, spread, train_speed
from minclip.evaluation.evaluate import format_table
from minclip.figures.plotting import plot_budget

PAGES = tuple(f"docs/{name}.md" for name in ("recipes", "scaling", "sizes", "finetuning", "hardening"))
PAGES += ("benchmarks/README.md",)
KEPT_BUDGETS = [name for name in BUDGETS if is_kept(name)]  # those that were run
MARKS = re.compile(r"(<!-- result: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def percent(task: dict) -> str:
    """80.1 (78.9 to 81.2)"""
    return f"{100 * task['accuracy']:.1f} ({100 * task['low']:.1f} to {100 * task['high']:.1f})"


def recall(report: dict, direction: str, k: str) -> str:
    low, high = report["retrieval"]["intervals"][direction][k]
    return f"{100 * report['retrieval'][direction][k]:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def how(run: dict, machine: str) -> str:
    """In which run the numbers came out."""
    return (
        f"{run['samples']:,} samples of 100,000 pictures in {run['seconds'] / 60:.1f} minutes of training, "
        f"{run['pictures_per_second']:,} a second; seed {run['seed']}; {run['threads']} cores of {machine}, "
        f"{run['device']}"
    )


def first_run() -> str:
    report, other = result("picturebook-5min"), f"picturebook-5min{WITHOUT_BFLOAT16}"
    text = f"{how(report['run'], report['machine'])}:\n\n```\n{format_table(report)}\n```\n"
    if is_kept("picturebook-tiny"):
        text += (
            f"\nThe intervals know of the pictures asked, not of the luck of training: another run of the same recipe, "
            f"the `picturebook-tiny` that comes with minclip, names `object` "
            f"{percent(result('picturebook-tiny')['tasks']['object'])}.\n"
        )
    if is_kept(other):
        slower = result(other)
        text += (
            f"\nOn a processor that does not multiply bfloat16 itself, as in many laptops: "
            f"{how(slower['run'], slower['machine'])}; `object` {percent(slower['tasks']['object'])}.\n"
        )
    return text


def budgets() -> str:
    kinds = [(name, kind) for name in BUDGETS for kind in ("", WITHOUT_BFLOAT16) if is_kept(f"{name}{kind}")]
    reports = [result(f"{name}{kind}") for name, kind in kinds]
    shown = ["object", "object_held_out_style", "held_out_combination", "seen_combination", "colour", "style"]
    shown += ["scene", "count", "relation", "relation_swap"]
    lines = [
        ["training, measured", *(f"{r['run']['seconds'] / 60:.1f} min" for r in reports)],
        ["on", *(cores(r["run"]["threads"], r["machine"]) for r in reports)],
        ["pictures a second", *(f"{r['run']['pictures_per_second']:,}" for r in reports)],
        *([f"`{name}`", *(percent(r["tasks"][name]) for r in reports)] for name in shown),
    ]
    for direction in ("image_to_text", "text_to_image"):
        for k in ("R@1", "R@5"):
            lines.append([f"{direction.replace('_to_', ' → ')} {k}", *(recall(r, direction, k) for r in reports)])
    devices = "; ".join(dict.fromkeys(f"{r['machine']}: {r['run']['device']}" for r in reports))
    header = [
        f"{report['run']['samples']:,} samples{', no bfloat16' if kind else ''}"
        for (_, kind), report in zip(kinds, reports, strict=True)
    ]
    return rows(["", *header], lines) + f"\n{devices}. Seed {reports[-1]['run']['seed']}.\n"


def sweep() -> str:
    kept, names = result("sweep"), ("object", "object_held_out_style", "held_out_combination")
    lines, seeds = [], [f"{100 * p['tasks']['object']['accuracy']:.1f}" for p in kept["points"] if p["axis"] == "base"]
    for point in kept["points"]:
        said = f"{point['value']} ({point['stopped'].split(':')[0]})" if point["stopped"] else point["value"]
        scores = (percent(point["tasks"][name]) for name in names)
        lines.append([point["axis"], said, *scores, f"{point['operations']:.2f} ×"])
    note = (
        f"\n{kept['recipe']['samples']:,} samples each, {kept['split']} pictures; trained on {kept['machine']}. "
        f"`object` of the base, seed by seed: {', '.join(seeds)}."
    )
    if kept["missing"]:
        note += f" Not run yet: {'; '.join(kept['missing'])}."
    header = ["what is changed", "to", *(f"`{name}`" for name in names), "operations a pair"]
    return rows(header, lines) + note + "\n\n![Object accuracy of every point of the sweep](sweep.png)\n"


def of_seeds(seeds: list[dict], task: str) -> str:
    """What each seed reached, and their mean: 63.5, 68.0, 65.5, mean 65.7"""
    reached = [100 * line[task] for line in seeds]
    return f"{', '.join(f'{share:.1f}' for share in reached)}, mean {sum(reached) / len(reached):.1f}"


def photos() -> str:
    lines = []
    for name in ("flickr8k", "rsicd"):
        report = result(name)
        run, found = report["run"], report["retrieval"]
        zero_shot = [f"30 scenes: {percent(report['tasks']['scene'])}"] if "scene" in report["tasks"] else []
        zero_shot += [f"CIFAR-10: {percent(report['cifar10'])}"] if "cifar10" in report else []
        seeds = report.get("seeds", [])
        if len(seeds) > 1:
            zero_shot += [f"{task} of each seed: {of_seeds(seeds, task)}" for task in report["tasks"]]
        lines.append(
            [
                f"{name}, {found['n_images']:,} test photos",
                f"{run['samples']:,} samples, {run['seconds'] / 60:.1f} min on "
                f"{cores(run['threads'], report['machine'])}, seed {run['seed']}",
                recall(report, "image_to_text", "R@10"),
                recall(report, "text_to_image", "R@10"),
                "; ".join(zero_shot),
            ]
        )
    return rows(["data", "training", "image → text R@10", "text → image R@10", "zero-shot"], lines)


def tricks() -> str:
    kept, other = {"CPU with bfloat16": result("tricks")}, f"tricks{WITHOUT_BFLOAT16}"
    if is_kept(other):
        kept["CPU without bfloat16"] = result(other)
    tricks = {name: trick["trick"] for one in kept.values() for name, trick in one["tricks"].items()}
    lines = []
    for name, said in tricks.items():
        found = [one["tricks"].get(name) for one in kept.values()]
        cells = [f"{spread(trick['gain'], 2)} ×" if trick else "not asked" for trick in found]
        lines.append([f"`{name}`", said, *cells])
    where = "; ".join(
        f"{column}: {one['rounds']} rounds, {cores(one['threads'], one['machine'])}, {one['device']}"
        for column, one in kept.items()
    )
    note = f"\nSpeed of a step, median and spread. {where}.\n"
    return rows(["trick", "with it, against without", *kept], lines) + note


def bpe_training() -> str:
    kept = result("bpe_training")
    ratio, growth, anew = kept["ratio"], kept["growth"], kept["anew"]
    longer, times = growth["time"], anew["times"]
    return (
        f"{kept['merges']:,} merges on {kept['captions']:,} captions take minclip {ratio['median']:.2f} times as long "
        f"as tokenizers (Rust), which uses all cores ({ratio['lowest']:.2f} to {ratio['highest']:.2f} in "
        f"{kept['repeats']} rounds), and {longer['median']:.1f} times as long as with one in {growth['captions']:.0f} "
        f"of these captions ({longer['lowest']:.1f} to {longer['highest']:.1f}). Counting every pair of the text anew "
        f"for each merge, as minbpe does, takes {times['median']:.0f} times as long as minclip for the same "
        f"{anew['merges']:,} merges on {anew['captions']:,} captions ({times['lowest']:.0f} to {times['highest']:.0f} "
        f"in {anew['repeats']} rounds; {kept['machine']}).\n"
    )


def tokenizer_speed() -> str:
    kept = result("tokenizer_speed")

    def times(numbers: dict) -> str:
        return f"{numbers['median']:.1f} × ({numbers['lowest']:.1f} to {numbers['highest']:.1f})"

    lines = [
        [
            name,
            times(kept[state]),
            times(kept[f"rust_{state}"]),
            f"{kept['tokens_per_second'][state] / 1e6:.1f} million",
        ]
        for state, name in (("cold", "a new tokenizer, first pass"), ("warm", "second pass"))
    ]
    note = (
        f"\n{kept['captions']:,} captions, {kept['tokens']:,} tokens, a text at a time, one core of {kept['machine']}; "
        f"median and spread of {kept['repeats']} rounds. {kept['peer']} gives the same ids.\n"
    )
    header = ["", "as fast as the original", "as fast as tokenizers (Rust), which cleans less", "tokens a second"]
    return rows(header, lines) + note


def import_time() -> str:
    kept = result("import_time")
    return (
        f"`import minclip` takes {kept['added_median']:.2f} seconds ({kept['added_lowest']:.2f} to "
        f"{kept['added_highest']:.2f} in {kept['rounds']} rounds) beyond the {kept['torch_seconds']:.2f} of "
        f"`import torch` ({kept['machine']}).\n"
    )


def bench() -> str:
    """What `make bench` ran when it was last kept, and how long that took."""
    kept = result("bench")
    said = [f"{name} {what['minutes']:.0f}" for name, what in kept["parts"].items() if "minutes" in what]
    others = [name for name, what in kept["parts"].items() if "minutes" not in what]
    whole = sum(what.get("minutes", 0) for what in kept["parts"].values())
    without = f" Without {', '.join(others)}." if others else ""
    return f"`make bench` took {whole:.0f} minutes on {kept['machine']}: {', '.join(said)}.{without}\n"


SECTIONS: dict[str, Callable[[], str]] = {
    "first_run": first_run,
    "budgets": budgets,
    "sweep": sweep,
    "photos": photos,
    "other_size": other_size.table,
    "finetuning": finetuning.table,
    "tricks": tricks,
    "bpe_training": bpe_training,
    "tokenizer_speed": tokenizer_speed,
    "import_time": import_time,
    "bench": bench,
    "train_speed": train_speed,
    "encode_speed": encode_speed,
    "scaling": scaling,
    "costs": costs,
    "streaming": streaming.table,
    "soak": soak_table,
    "mutants": mutants.table,
    "coverage": suite_coverage.table,
    "suite_runs": suite_runs.table,
}


def with_results(text: str) -> str:
    """A page's text with every marked section made anew."""
    return MARKS.sub(lambda mark: mark[1] + SECTIONS[mark[2]]() + mark[3], text)


def main() -> None:
    write_cards()
    for page in PAGES:
        path = ROOT / page
        path.write_text(with_results(path.read_text(encoding="utf-8")), encoding="utf-8")
    points = [
        {"name": name, "samples": report["run"]["samples"], **report["tasks"][name]}
        for report in map(result, KEPT_BUDGETS)
        for name in ("object", "held_out_combination", "object_held_out_style", "relation")
    ]
    figure = plot_budget(points)
    figure.savefig(ROOT / "docs" / "budgets.png", dpi=110)


if __name__ == "__main__":
    main()
