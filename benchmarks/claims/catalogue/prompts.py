"""Claims about prompts: one template or many, in the world as it is, where it should matter more, and by style."""

from dataclasses import replace

import numpy as np

from benchmarks.claims.definition import Claim, Finding, Number, Row
from benchmarks.claims.questions import Answers, by_style, questions, styles_of
from benchmarks.claims.training_arms import Arm, Learned, Setting
from minclip.accuracy import rank_of_label
from minclip.data.picturebook.conditions import SHARED_NAME, Conditions, family_words
from minclip.data.picturebook.grammar import CONTEXT, STYLE_FRAMES
from minclip.data.picturebook.questions import OBJECT_TEMPLATES, prompt_name
from minclip.data.picturebook.sampling import KINDS, TRAIN_STYLES
from minclip.data.picturebook.styles import STYLES
from minclip.data.protocol import ClassTask
from minclip.ties import ROUNDING
from minclip.zero_shot import encode_pixels, zero_shot_classifier

STYLE_TEMPLATES = {style: STYLE_FRAMES[style][0] for style in STYLES}  # "a sketch of {}", ...
ASKED = {
    "bare name": ("{}",),
    "one template": ("a photo of {}",),
    "ensemble": OBJECT_TEMPLATES,
    "ensemble of styles": tuple(STYLE_TEMPLATES[style] for style in TRAIN_STYLES),
}
PROMPTS = (*ASKED, "ensemble with context", "template of its style")
SOURCE = "Radford et al. 2021 (CLIP), section 3.1.4, figure 4"


def ensembling(setting: Setting) -> Claim:
    base = setting.base
    shared = replace(base, data=replace(base.data, conditions=Conditions(shared_names=0.5)))
    styled = replace(base, data=replace(base.data, conditions=Conditions(own_style=0.8)))
    worlds = {"the world as it is": base, "shared names": shared, "styles go with classes": styled}
    found = {
        "The ensemble beats one template.": (base, "ensemble", "one template"),
        "With shared names, the ensemble beats one template.": (shared, "ensemble", "one template"),
        "With shared names, context beats none.": (shared, "ensemble with context", "ensemble"),
        "Where styles go with classes, the ensemble beats one template.": (styled, "ensemble", "one template"),
        "There, an ensemble of styles beats one template.": (styled, "ensemble of styles", "one template"),
        "The template of a picture's style beats `a photo of`.": (base, "template of its style", "one template"),
        "A template beats the bare name.": (base, "one template", "bare name"),
    }
    return Claim(
        name="ensembling",
        title="One template or an ensemble of them",
        said="`a photo of {}` beats the bare name, and an ensemble of templates beats one: together almost five points "
        "on ImageNet. Naming the context of ambiguous names helps, too.",
        source=SOURCE,
        measured=f"One trained model asked with other prompts, in three worlds: as it is; shared names "
        f"({len(SHARED_NAME)} classes go by the name of another in half of their mentions, and a third of the captions "
        "with such a name add the family); styles that go with classes (80 % of a class is drawn in one style). "
        "`a photo of {}` is the one template; the ensemble is the bare name, `a photo of {}`, `a drawing of {}` and "
        "four frames that name no style; eleven style frames are the ensemble of styles; context adds the family to "
        "every name; in the last row the asker is told each picture's style.",
        rows=tuple(Row(asked, world, asked_with(arm, asked)) for asked in PROMPTS for world, arm in worlds.items()),
        findings=tuple(
            Finding(statement, asked_with(arm, better), asked_with(arm, worse))
            for statement, (arm, better, worse) in found.items()
        ),
    )


def ensembling_by_style(setting: Setting) -> Claim:
    base = setting.base
    unseen = "object_held_out_style"
    pictures = {style: f"object:{style}" for style in TRAIN_STYLES} | {"unseen styles": unseen}
    prompts = ("one template", "ensemble", "ensemble of styles", "template of its style")
    return Claim(
        name="ensembling_by_style",
        title="One template or an ensemble, style by style",
        said="An ensemble of templates beats one; that some of them name other kinds of pictures (art, sketches, bad "
        "photos) is thought to be why.",
        source=f"{SOURCE} (the gain); openai/CLIP, notebook Prompt Engineering for ImageNet (the guess at why)",
        measured="One model, 52 names, the world as it is. One template: `a photo of {}`. Ensemble: the bare "
        "name, `a photo of {}`, `a drawing of {}` and four frames that name no style. Ensemble of styles: a frame for "
        "each of the 11 training styles. Template of its style: the asker is told the style of each picture; for "
        "photos that is `a photo of {}` again, and of the two unseen styles it says words that no caption in training "
        "had.",
        rows=tuple(
            Row(label, asked, asked_with(base, asked, key)) for label, key in pictures.items() for asked in prompts
        ),
        findings=(
            Finding(
                "Over all 11 styles, the ensemble beats one template.",
                asked_with(base, "ensemble"),
                asked_with(base, "one template"),
            ),
            Finding(
                "Over all 11 styles, the ensemble of styles beats one template.",
                asked_with(base, "ensemble of styles"),
                asked_with(base, "one template"),
            ),
            Finding(
                "On styles that were never seen, the ensemble beats one template.",
                asked_with(base, "ensemble", unseen),
                asked_with(base, "one template", unseen),
            ),
            Finding(
                "On photos, the ensemble beats one template.",
                asked_with(base, "ensemble", "object:photo"),
                asked_with(base, "one template", "object:photo"),
            ),
            Finding(
                "On sketches, the ensemble beats one template.",
                asked_with(base, "ensemble", "object:sketch"),
                asked_with(base, "one template", "object:sketch"),
            ),
        ),
    )


def asked_with(arm: Arm, prompts: str, pictures: str = "object") -> Number:
    return Number(arm, f"{pictures}/{prompts}", templates)


def templates(learned: Learned) -> Answers:
    """The object tasks asked in several ways; each way also by style."""
    suite = questions(learned.arm.model.image_size, learned.per_class)
    return {
        f"{part}/{prompts}": some
        for task in ("object", "object_held_out_style")
        for prompts, right in asked_in_all_ways(learned, suite.tasks[task]).items()
        for part, some in by_style(task, right).items()
    }


def asked_in_all_ways(learned: Learned, task: ClassTask) -> Answers:
    """Which pictures are named right, for each of PROMPTS."""
    features = encode_pixels(learned.model, task.pixels)  # [n, embed_dim]

    def right(names: tuple[str, ...], templates: tuple[str, ...]) -> np.ndarray:
        classifier = zero_shot_classifier(learned.model, learned.tokenizer, names, templates)
        return rank_of_label(features @ classifier, task.labels, ROUNDING).hit(1).numpy()

    found = {prompts: right(task.class_names, several) for prompts, several in ASKED.items()}
    in_context = tuple(prompt_name(kind) + ("" if kind in CONTEXT else family_words(kind)) for kind in KINDS)
    found["ensemble with context"] = right(in_context, OBJECT_TEMPLATES)
    styles = styles_of(task.name, len(features))
    fitting = np.zeros(len(features))
    for style in dict.fromkeys(styles):
        of_style = styles == style
        fitting[of_style] = right(task.class_names, (STYLE_TEMPLATES[style],))[of_style]
    return found | {"template of its style": fitting}
