"""Claims about what the data do to a model: captions of other pictures, words written on pictures."""

from dataclasses import replace
from functools import lru_cache, partial

import numpy as np

from benchmarks.claims.definition import Claim, Finding, Number, table
from benchmarks.claims.questions import Answers, correct
from benchmarks.claims.training_arms import Learned, Setting
from minclip.data.picturebook import Picture, World, questions
from minclip.data.picturebook.cache import cached_pixels
from minclip.data.picturebook.conditions import Conditions
from minclip.data.picturebook.objects import CLASSES
from minclip.data.picturebook.sampling import KINDS
from minclip.data.picturebook.tasks import task_picture
from minclip.data.protocol import ClassTask

TASK = "object_wrong_word"  # a photo-like thing with the name of another class written on it
WRITTEN_FIRST = {CLASSES[kind].names[0]: i for i, kind in reversed(list(enumerate(KINDS)))}  # name -> class


def caption_noise(setting: Setting) -> Claim:
    base = setting.base
    quarter, half = (replace(base, data=replace(base.data, conditions=Conditions(swapped=s))) for s in (0.25, 0.5))
    fewer = base.with_config(samples=base.config.samples // 2)
    arms = {"as it is": base, "25 % swapped": quarter, "50 % swapped": half, "as it is, half the samples": fewer}
    return Claim(
        name="caption_noise",
        title="Captions that belong to other pictures",
        said="The size of a set makes up for the noise in its captions. Here: swapped captions cost no more than "
        "leaving them out.",
        source="Jia et al. 2021 (ALIGN), abstract and section 1",
        measured="A share of the captions is taken from other pictures, beside the 10 % of noise that all arms have. "
        "With half of them swapped, half of the samples are left that say something true: as many as in a run half as "
        "long.",
        rows=table(arms),
        findings=(
            Finding("Half of the captions swapped beat half of the samples.", Number(half), Number(fewer)),
            Finding("Clean captions beat 25 % swapped.", Number(base), Number(quarter)),
            Finding("25 % swapped beat 50 %.", Number(quarter), Number(half)),
        ),
    )


def typographic_attack(setting: Setting) -> Claim:
    base = setting.base
    readers = replace(base, data=replace(base.data, world=World(written_rate=0.3)))
    arms = {"no words in training": base, "words on 30 % of the training pictures": readers}
    asked = {
        "no word": "words/none",
        "the right word": "words/right",
        "a wrong word": "words/wrong",
        "taken for the wrong word": "words/fooled",
    }
    word = partial(Number, measure=words)
    return Claim(
        name="typographic_attack",
        title="A word on the picture",
        said="CLIP reads: a word written on a thing makes it name the word and not the thing.",
        source="Goh et al. 2021, Multimodal Neurons in Artificial Neural Networks, section Typographic Attacks",
        measured="The same pictures without a word, with the name of the thing, and with the name of another class "
        "written across. In training the word was always the right one, or there was none.",
        rows=table(arms, asked, words),
        findings=(
            Finding(
                "A CLIP that saw words in training names a wrong word more often than one that saw none.",
                word(readers, "words/fooled"),
                word(base, "words/fooled"),
            ),
            Finding(
                "A CLIP that saw words in training is right less often under a wrong word.",
                word(readers, "words/none"),
                word(readers, "words/wrong"),
            ),
            Finding(
                "The right word helps it.",
                word(readers, "words/right"),
                word(readers, "words/none"),
            ),
            Finding(
                "A wrong word also harms a CLIP that cannot read, by what it covers.",
                word(base, "words/none"),
                word(base, "words/wrong"),
            ),
        ),
    )


def picture_with(which: str, index: int) -> Picture:
    """Picture `index` of the task with "none", the "right" or the "wrong" word on it."""
    picture = task_picture(TASK, 0, index)
    if which == "wrong":
        return picture
    return replace(picture, written=CLASSES[picture.things[0].kind].names[0] if which == "right" else None)


@lru_cache(maxsize=3)
def word_task(which: str, size: int, count: int) -> ClassTask:
    pictures = [picture_with(which, i) for i in range(count)]
    drawn = partial(picture_with, which)
    pixels = cached_pixels(f"tasks-{which}-word", f"claims/{TASK}/{which}", drawn, count, size, progress=False)
    return questions.which_kind(TASK, pixels, pictures)


def words(learned: Learned) -> Answers:
    """Right answers without a word, with the right and with a wrong one, and how often the wrong word is named."""
    size, count = learned.arm.model.image_size, len(KINDS) * learned.per_class
    answers = {}
    for which in ("none", "right", "wrong"):
        answers[f"words/{which}"] = correct(learned, word_task(which, size, count))
    wrong = word_task("wrong", size, count)
    written = np.array([WRITTEN_FIRST[task_picture(TASK, 0, i).written] for i in range(count)])
    answers["words/fooled"] = correct(learned, replace(wrong, labels=written))
    return answers
