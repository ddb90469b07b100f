"""The certificate: one page of what a learner built, and of what the CLIP that is made of it knows.

Here it is gathered: parts, judged once more; the newest run of `minclip train --mine`; pictures that the learner's code
finds for sentences. certificate_page.py writes the page.
"""

import base64
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from minclip.course.execution_guards import captured
from minclip.course.judging import tried
from minclip.course.kept_answers import KeptAnswers
from minclip.course.learner_library import finished, installed, load, news
from minclip.course.outline import LESSONS, exercise_of, number_of
from minclip.course.workbook import answers_folder
from minclip.data.paths import atomic_write, require_place

SHIPPED = "picturebook-tiny"  # minclip's own, as `minclip train` makes it: its numbers stand beside the learner's
SEARCHES = "picturebook-small"  # whose weights search where there is no run
SENTENCES = ("a snowman", "a red car", "a blue fish", "a house in the snow", "two apples", "a castle at night")
GALLERY, FOUND = 1_000, 8  # test pictures that are searched, and shown for each sentence
ROW = re.compile(r"^(?P<task>.+?) +(?P<score>[\d.]+ %) +(?P<interval>[\d.]+ to [\d.]+) +(?P<chance>[\d.]+ %) +[\d,]+$")


@dataclass(frozen=True)
class Part:
    """One exercise, as the page shows it."""

    number: str  # 5.2
    name: str
    lesson: str
    whose: str  # "yours", "yours, edited by hand", "minclip's"
    checks: int = 0  # that it passed when the page was written; 0: it did not, or is minclip's
    code: str = ""


@dataclass(frozen=True)
class Certificate:
    """All that the page shows. Pictures are data URIs of PNG."""

    name: str
    day: date
    parts: list[Part]
    diagram: str
    run: dict[str, Any] | None = None  # report.json's, and "folder"
    curves: str = ""
    scores: list[tuple[str, ...]] = field(default_factory=list)  # task, the learner's, interval, minclip's, chance
    pages: list[tuple[str, list[str]]] = field(default_factory=list)  # a sentence, the pictures that were found
    found_with: str = ""  # whose weights searched


def gather(name: str, runs: Path, run: Path | None = None) -> Certificate:
    """What the learner has built. runs: where their runs are; run: the one to show, else the newest of their own.

    ValueError where nothing is kept, and where the run has no report or no part of the learner's.
    """
    from minclip.course.progress_diagram import progress

    folder = own_run(run) if run else None
    news()
    if not finished():
        raise ValueError("nothing of yours is kept yet: solve an exercise of the lessons first")
    folder = folder or newest_own_run(runs)
    report = read_report(folder) if folder else None
    with installed():
        pages = found_pictures(str(folder) if folder else SEARCHES)
    return Certificate(
        name=name,
        day=date.today(),
        parts=parts(),
        diagram=figure_uri(progress()),
        run=report,
        curves=curves_of(folder) if folder else "",
        scores=compared(report) if report else [],
        pages=pages,
        found_with="the weights of the training below" if folder else f"minclip's trained weights, {SEARCHES}",
    )


def refuse_other_file(path: Path) -> None:
    """ValueError where another file is in the way, OSError where no file can be."""
    from minclip.course.certificate_page import MARK

    if path.is_dir() or (path.exists() and MARK not in path.read_text(encoding="utf-8", errors="replace")):
        raise ValueError(f"{path} is there already and is no certificate: name another file")
    require_place(path)


def write(certificate: Certificate, path: Path) -> None:
    """Writes the page, whole or not at all. ValueError where another file is in the way."""
    from minclip.course.certificate_page import page

    refuse_other_file(path)
    with atomic_write(path) as file:
        file.write(page(certificate).encode("utf-8"))


def parts() -> list[Part]:
    """All exercises of the course. What the learner wrote is judged once more."""
    place = answers_folder()
    assert place is not None  # something is kept
    kept, found = KeptAnswers(place), []
    for lesson in LESSONS:
        for exercise in lesson.exercises:
            whose, checks, code = "minclip's", 0, ""
            if exercise.name in kept.names():
                answer = kept.answer(exercise.name)
                whose, code = "yours, edited by hand" if answer.by_hand else "yours", answer.text
                checks = passed(place, exercise.name)
            found.append(Part(number_of(exercise.name), exercise.name, lesson.title, whose, checks, code))
    return found


def passed(place: Path, name: str) -> int:
    """How many checks a kept answer passes now; 0 where it fails one."""
    lesson, exercise = exercise_of(name)
    try:
        mine = load(place, name)
    except ValueError:
        return 0
    with captured():
        trial, end = tried(mine, lesson, exercise)
    return trial.passed if end is None else 0


def newest_own_run(runs: Path) -> Path | None:
    """The folder of the newest finished run that was trained with parts of the learner's; None where there is none."""
    reports = sorted(runs.rglob("report.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    return next((path.parent for path in reports if is_own(path)), None)


def is_own(report: Path) -> bool:
    try:
        return bool(json.loads(report.read_text(encoding="utf-8"))["run"]["parts"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def own_run(folder: Path) -> Path:
    if not (folder / "report.json").is_file():
        raise ValueError(f"{folder} holds no finished run: its report.json is missing. minclip train --mine makes one")
    if not is_own(folder / "report.json"):
        raise ValueError(f"{folder} was trained without parts of yours: minclip train --mine trains with them")
    return folder


def read_report(folder: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report | {"folder": folder.name}


def curves_of(folder: Path) -> str:
    from minclip.experiments.runs import Run
    from minclip.figures.plotting import plot_curves

    return figure_uri(plot_curves(Run(folder).read_log()))


def compared(report: dict[str, Any]) -> list[tuple[str, ...]]:
    """A row for each number of the report; minclip's own stand beside them where the data set is the picture book."""
    from minclip.data.pretrained import SHIPPED as PLACE
    from minclip.evaluation.evaluate import format_table

    theirs = rows_of((PLACE / f"{SHIPPED}.md").read_text(encoding="utf-8"))
    if report["run"]["data"] != "picturebook":
        theirs = {}
    mine = rows_of(format_table(report))
    return [(task, *mine[task][:2], theirs.get(task, ("",))[0], mine[task][2]) for task in mine]


def rows_of(text: str) -> dict[str, tuple[str, str, str]]:
    """task -> (score, interval, chance) of the rows of `format_table` in a text."""
    found = filter(None, map(ROW.match, text.splitlines()))
    return {row["task"]: (row["score"], row["interval"], row["chance"]) for row in found}


def found_pictures(model: str) -> list[tuple[str, list[str]]]:
    """The test pictures that come first for each sentence, found by the learner's parts with these weights."""
    from minclip.checkpoint import load as load_model
    from minclip.data.picturebook import PictureBook
    from minclip.zero_shot import encode_pixels, encode_texts

    clip, _, tokenizer = load_model(model, "cpu")
    size = clip.config.image_size
    book = PictureBook("test", size=size, count=GALLERY, captions_per_picture=1, progress=False)
    cosines = encode_texts(clip, tokenizer, SENTENCES, truncate=True) @ encode_pixels(clip, book.pixels).T
    best = cosines.topk(FOUND, dim=1).indices.tolist()
    return [(text, [picture_uri(book.pixels[i]) for i in row]) for text, row in zip(SENTENCES, best, strict=True)]


def picture_uri(pixels: np.ndarray | Sequence[Any]) -> str:
    """uint8 [size, size, 3] as a data URI."""
    out = io.BytesIO()
    Image.fromarray(np.asarray(pixels)).save(out, format="PNG")
    return as_uri(out.getvalue())


def figure_uri(figure: Figure) -> str:
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=110)
    return as_uri(out.getvalue())


def as_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
