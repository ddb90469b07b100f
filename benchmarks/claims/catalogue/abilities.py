"""Claims about what CLIP can tell: unseen combinations, numbers, and who stands where."""

from dataclasses import replace

from benchmarks.claims.definition import Claim, Finding, Number, Row, asked_of
from benchmarks.claims.questions import COMBINATIONS, Answers, correct
from benchmarks.claims.training_arms import Learned, Setting
from minclip.data.picturebook import tasks


def combinations(setting: Setting) -> Claim:
    base = setting.base
    seen, unseen = (Number(base, name, combination_tasks) for name in COMBINATIONS)
    asked = {"colour, the class is told": "colour", "class": "object"}
    return Claim(
        name="combinations",
        title="Combinations that were never seen",
        said="CLIP composes where there is one thing in the picture: `red cube` from `red` and `cube`. Here: pairs "
        "that training never showed.",
        source="Lewis et al. 2024, Does CLIP Bind Concepts?, abstract (single-object setting)",
        measured="One colour of every class, never a typical one, is left out of training. 520 names, every colour "
        "with every class (chance 0.2 %); photos and cartoons of the pair that was left out, or of another that is as "
        "rare. The last two rows ask other pictures, in all styles.",
        rows=(
            Row("seen combination", "CLIP", seen),
            Row("unseen combination", "CLIP", unseen),
            *asked_of("CLIP", base, asked),
        ),
        findings=(
            Finding(
                "Unseen combinations are named more often than by who knows the class and guesses the colour (10 %).",
                unseen,
                0.1,
            ),
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
        "Beside it the same vision tower on as many samples, told the number: equally many pictures of each, of one "
        "kind of thing; of CLIP's training pictures one in six at most shows several of a kind.",
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
        measured="Pictures with two things. Training captions tell a relation from either end (`a cat left of a dog`, "
        "`a dog right of a cat`): whoever reads no order finds `cat`, `dog`, `left` and `cat`, `dog`, `right` with the "
        "same pictures. Who is where: the two names exchanged; direction: the opposite word; axis: a word of the other "
        "axis, which needs no order; chance is 50 % in each. Which of four: chance is 25 %, and 50 % for whoever knows "
        "the axis and guesses the direction. A failure may be the image encoder's as well as the text encoder's.",
        rows=asked_of("CLIP", base, asked),
        findings=(
            Finding(
                "Who is where is known better than by chance (a bag of words cannot know it).",
                Number(base, "relation_swap"),
                0.5,
            ),
            Finding(
                "The axis is known better than the direction.",
                Number(base, "relation/axis"),
                Number(base, "relation/direction"),
            ),
            Finding("The direction is known better than by chance.", Number(base, "relation/direction"), 0.5),
            Finding("The axis is known better than by chance.", Number(base, "relation/axis"), 0.5),
        ),
    )
