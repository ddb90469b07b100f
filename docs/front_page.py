"""Draws the picture of README.md and writes what stands between its marks: results, a look at a lesson, the lessons.

    python docs/front_page.py

The picture shows what `picturebook-small` finds in the test split: drawings for a sentence, and sentences for the first
five drawings. The table is made from its kept result, and from that of a run of `make train`. The look at a lesson is
what a check says of an answer. tests/test_front_page.py fails where README.md is not what this makes.
"""

import io
import json
import textwrap
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.figure import Figure
from page_marks import made_anew
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import minclip
from minclip.course.checking import folded
from minclip.course.judging import tried, verdict_of
from minclip.course.outline import LESSONS, exercise_of
from minclip.course.planted_answers import run_cell
from minclip.data.paths import atomic_write
from minclip.data.picturebook import PictureBook
from minclip.data.picturebook.render import render
from minclip.figures.look import FONT, MATCH_COLOUR, OTHER_COLOUR, new_figure, show_picture
from minclip.zero_shot import encode_pixels, encode_texts

ROOT = Path(__file__).parents[1]
MODEL = "picturebook-small"
QUERY = "a yellow house"
PICTURES = range(5)  # the first of the test split: nothing is chosen
SHOWN = 3  # sentences below a picture
LARGE = 192  # pixels a side, as the pictures are shown; the model sees them small


class Answer(NamedTuple):
    """A sentence, its probability among all sentences, and whether it is the picture's own caption."""

    sentence: str
    probability: float
    right: bool


def answers() -> tuple[list[int], list[list[Answer]]]:
    """The test pictures that fit QUERY best, and for each of PICTURES the likeliest captions; best first."""
    model, _, tokenizer = minclip.load(MODEL, device="cpu")
    book = PictureBook("test", size=model.config.image_size)
    captions = [book.captions(i)[0] for i in range(len(book))]
    sentences = list(dict.fromkeys(captions))  # each once
    pixels = np.stack([np.asarray(book.image(i)) for i in range(len(book))])
    with torch.no_grad():
        image_features = encode_pixels(model, pixels)
        of_query = (image_features @ encode_texts(model, tokenizer, [QUERY]).T)[:, 0]  # [all pictures]
        similarity = image_features[list(PICTURES)] @ encode_texts(model, tokenizer, sentences).T
        probabilities = (model.logit_scale.exp() * similarity).softmax(dim=-1)  # [PICTURES, sentences]
    best = probabilities.argsort(dim=-1, descending=True, stable=True)[:, :SHOWN].tolist()
    rows = [
        [Answer(sentences[j], probabilities[row, j].item(), sentences[j] == captions[i]) for j in found]
        for row, (i, found) in enumerate(zip(PICTURES, best, strict=True))
    ]
    return of_query.argsort(descending=True, stable=True)[: len(PICTURES)].tolist(), rows


def draw(found_pictures: list[int], rows: list[list[Answer]]) -> Figure:
    """The pictures that a sentence finds; below them the pictures that find sentences, with their probabilities."""
    book = PictureBook("test")
    figure = new_figure(12, 7.4)
    searched, named = figure.subfigures(2, 1, height_ratios=[3, 4.4])
    searched.suptitle(f"Search: \u201c{QUERY}\u201d finds", fontsize=FONT + 4)
    for axes, i in zip(searched.subplots(1, len(rows)), found_pictures, strict=True):
        show_picture(axes, render(book.picture(i), LARGE))
    named.suptitle("Naming: the three likeliest sentences of all test drawings", fontsize=FONT + 4)
    grid = named.subplots(2, len(rows), height_ratios=[1, 0.95], squeeze=False)
    for place, (i, found) in enumerate(zip(PICTURES, rows, strict=True)):
        above, below = grid[:, place]
        show_picture(above, render(book.picture(i), LARGE))
        below.set(xlim=(0, 1), ylim=(SHOWN, 0))
        below.set_axis_off()
        for y, (sentence, probability, right) in enumerate(found):
            below.barh(y + 0.12, 1, height=0.1, color="#F2F2F2")
            below.barh(y + 0.12, probability, height=0.1, color=MATCH_COLOUR if right else OTHER_COLOUR)
            said = textwrap.fill(textwrap.shorten(sentence, 50, placeholder=" ..."), 25)
            weight = "bold" if right else "normal"
            below.text(0, y + 0.24, said, va="top", fontsize=FONT - 1, weight=weight)
            below.text(1, y + 0.05, f"{100 * probability:.0f} %", ha="right", va="bottom", fontsize=FONT - 2)
    return figure


def write_picture(path: Path) -> None:
    """The picture as a PNG file that holds its sentences, too."""
    found_pictures, rows = answers()
    drawn = io.BytesIO()
    draw(found_pictures, rows).savefig(drawn, format="png")
    about = PngInfo()
    about.add_text("Source", "python docs/front_page.py")
    about.add_itxt("Answers", json.dumps(rows, ensure_ascii=False))
    about.add_itxt("Found", json.dumps(found_pictures))
    few_colours = Image.open(drawn).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    with atomic_write(path) as file:
        few_colours.save(file, format="png", optimize=True, pnginfo=about)


def result(name: str) -> dict:
    """A kept result of benchmarks/."""
    return json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))


QUESTIONS = {  # task -> how README asks it
    "object": "What is it? One of 52 names",
    "object_held_out_style": "The same, drawn in styles that it never saw",
    "colour": "What colour is it? One of 10",
    "count": "How many are there? One to four",
    "search": "Search: is it among the first five of 1,000 drawings for its caption?",
    "relation": "Where is it? Left of, right of, above or below another thing",
}


def table() -> str:
    """Six questions: how often two models are right, and how long they trained."""
    short, long = result("picturebook-5min"), result(MODEL)
    rows = [
        f"| {question} | {share(short, task)} | {share(long, task)} | {100 * chance:.1f} % | {n:,} |"
        for task, question in QUESTIONS.items()
        for chance, n in [guess(long, task)]
    ]
    slow = result("picturebook-5min-without-bfloat16")
    note = (
        "In brackets: 95 % intervals over the test drawings, of one training each. `make train` took "
        f"{minutes(short)} on {cores(short)} that multiply bfloat16 in hardware, and {minutes(slow)} on "
        f"{cores(slow)} without bfloat16 in hardware. `{MODEL}` took {minutes(long)} on {cores(long)}, and comes with "
        "minclip."
    )
    header = f"| asked of a drawing that it has not seen | `make train` | `{MODEL}` | by guessing | drawings |"
    return "\n".join([header, "|---|---|---|---|---|", *rows, "", textwrap.fill(note, 120)]) + "\n"


def share(kept: dict, task: str) -> str:
    """Of right answers, with its interval."""
    if task == "search":
        right, (low, high) = (
            part["text_to_image"]["R@5"] for part in (kept["retrieval"], kept["retrieval"]["intervals"])
        )
    else:
        right, low, high = (kept["tasks"][task][name] for name in ("accuracy", "low", "high"))
    return f"**{100 * right:.1f} %** ({100 * low:.1f} to {100 * high:.1f})"


def guess(kept: dict, task: str) -> tuple[float, int]:
    """(share of a guess, number of drawings)"""
    if task == "search":
        return kept["retrieval"]["chance"]["text_to_image"]["R@5"], kept["retrieval"]["n_images"]
    return kept["tasks"][task]["chance"], kept["tasks"][task]["n"]


def minutes(kept: dict) -> str:
    return f"{kept['run']['seconds'] / 60:.1f} minutes"


def cores(kept: dict) -> str:
    return f"{kept['run']['threads']} cores"


HALF_LOSS = """\
def clip_loss(image_features, text_features, scale):
    logits = similarity_logits(image_features, text_features, scale)
    labels = torch.arange(len(logits), device=logits.device)
    return F.cross_entropy(logits, labels)
"""


def look_at_a_lesson() -> str:
    """An answer to exercise 5.2 that forgets half of the loss, and what its check says."""
    lesson, exercise = exercise_of("clip_loss")
    answer = run_cell(HALF_LOSS, lesson.answers.SETUP)[exercise.name]
    trial, end = tried(answer, lesson, exercise)
    assert end is not None  # it is wrong
    said = "\n".join(folded(line) for line in str(verdict_of(trial, end, exercise.name)).splitlines())
    return f"```python\n{HALF_LOSS}\n\nclip_loss = check(clip_loss)\n```\n```\n{said}\n```\n"


def course_map() -> str:
    """The lessons: number and title, question, exercises and minutes."""
    rows = [
        f"| [{lesson.number:02} {lesson.title}](lessons/{lesson.name}/{lesson.name}.ipynb) | {lesson.question} "
        f"| {len(lesson.exercises)} | {lesson.minutes} |"
        for lesson in LESSONS
    ]
    minutes = sum(lesson.minutes for lesson in LESSONS)
    count = sum(len(lesson.exercises) for lesson in LESSONS)
    rows.append(
        f"| all | | {count} | {minutes}: about {minutes / 60:.0f} hours, estimated; an evening: 00, 05, 06, with "
        "minclip's version of the rest |"
    )
    return "\n".join(["| lesson | its question | exercises | minutes |", "|---|---|---|---|", *rows]) + "\n"


PARTS = {"front page": table, "lesson": look_at_a_lesson, "map": course_map}


if __name__ == "__main__":
    write_picture(ROOT / "docs" / "front_page.png")
    readme = ROOT / "README.md"
    readme.write_text(made_anew(readme.read_text(encoding="utf-8"), PARTS), encoding="utf-8")
