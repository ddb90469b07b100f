"""Claims about what CLIP can tell: unseen combinations, numbers, and who stands where."""

from dataclasses import replace

from claims.arms import Learned, Setting
from claims.claim import Claim, Finding, Number, Row, asked_of
from claims.measure import COMBINATIONS, Answers, correct
from minclip.data.picturebook import tasks


def combinations(setting: Setting) -> Claim:
    base = setting.base
    seen, unseen = (Number(base, name, combination_tasks) for name in COMBINATIONS)
    asked = {"colour, the class is told": "colour", "class": "object"}
    return Claim(
        name="combinations",
        title="Combinations that were never seen",
        said="CLIP composes: where there is one thing in the picture, it names a pair of colour and class that it "
        "never saw.",
        source="Lewis et al. 2024, Does CLIP Bind Concepts?, abstract (single-object setting)",
        measured="One colour of every class is never seen in training. 520 names, every colour with every class: the "
        "picture shows a pair that was seen, as rare, or one that was not.",
        rows=(
            Row("seen combination", "CLIP", seen),
            Row("unseen combination", "CLIP", unseen),
            *asked_of("CLIP", base, asked),
        ),
        findings=(
            Finding("Unseen combinations are named more often than with the colour guessed, 1 of 10.", unseen, 0.1),
            Finding("A seen combination is named better than an unseen one.", seen, unseen),
        ),
    )


def combination_tasks(learned: Learned) -> Answers:
    """Colour and class, among all 520."""
    size, per_class = learned.arm.model.image_size, learned.per_class
    made = tasks(size, per_class=per_class, names=COMBINATIONS, progress=False)
    return {name: correct(learned, task) for name, task in made.items()}


def counting(setting: Setting) -> Claim:
    base = setting.base
    supervised = replace(base, label="count")
    asked = {"count (of 4)": "count", "colour (of 10)": "colour", "scene (of 8)": "scene", "style (of 11)": "style"}
    return Claim(
        name="counting",
        title="Counting",
        said="CLIP struggles with abstract and systematic tasks such as counting.",
        source="Radford et al. 2021 (CLIP), sections 3.1.5 and 6",
        measured="One to four things of a kind, the class is told: `a cat`, `two cats`, `three cats`, `four cats`. "
        "Beside it the same vision tower, told the number of every picture, equally many of each.",
        rows=asked_of("CLIP", base, asked)
        + asked_of("supervised, told the number", supervised, {"count (of 4)": "count"}),
        findings=(
            Finding(
                "A supervised net of the same size counts better.", Number(supervised, "count"), Number(base, "count")
            ),
            Finding(
                "CLIP names colours, of ten, better than numbers, of four.",
                Number(base, "colour"),
                Number(base, "count"),
            ),
            Finding("CLIP counts better than chance.", Number(base, "count"), 0.25),
        ),
    )


def relations(setting: Setting) -> Claim:
    base = setting.base
    asked = {
        "which of four": "relation",
        "axis, of two": "relation/axis",
        "direction, of two": "relation/direction",
        "who is where, of two": "relation_swap",
    }
    return Claim(
        name="relations",
        title="Who stands where",
        said="CLIP reads a sentence as a bag of words: `a cat left of a dog` is to it `a dog left of a cat`.",
        source="Yuksekgonul et al. 2023, When and Why Vision-Language Models Behave like Bags-of-Words, section 2",
        measured="Two things in a picture. Axis: `left of` or `above`; direction: `left of` or `right of`; who is "
        "where: the two names exchanged. A guess gets half of each, and a quarter of four.",
        rows=asked_of("CLIP", base, asked),
        findings=(
            Finding(
                "The axis is known better than the direction.",
                Number(base, "relation/axis"),
                Number(base, "relation/direction"),
            ),
            Finding("Who is where is known better than by chance.", Number(base, "relation_swap"), 0.5),
            Finding("The direction is known better than by chance.", Number(base, "relation/direction"), 0.5),
            Finding("The axis is known better than by chance.", Number(base, "relation/axis"), 0.5),
        ),
    )
