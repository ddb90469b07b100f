"""Claims about few shots: the methods side by side on unseen styles, and learned prompts on classes without shots."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from benchmarks.after_training.methods import METHODS, PROMPT_EPOCHS, PROMPT_RATE, zero_shot
from benchmarks.after_training.result import Answers, ShippedClaim
from benchmarks.after_training.shots import (
    DRAWS,
    MODEL,
    SHOTS,
    TEST_EACH,
    TEST_SEED,
    Labelled,
    Shots,
    classifier,
    labelled,
    scale,
    shipped,
    shots,
    task,
)
from minclip.accuracy import top_k_correct
from minclip.adapters import fit_on_shots
from minclip.prompt_learning import PromptLearner
from minclip.zero_shot import zero_shot_classifier

MANY = 16  # shots of the learned prompts
BASE, NEW = "base classes", "new classes"


def right(logits: Tensor, labels: Tensor):
    return top_k_correct(logits.detach(), labels, 1).numpy()


def method_answers(draws: Sequence[int]) -> Answers:
    """Zero-shot, and every method at every number of shots."""
    features, labels = labelled(TEST_SEED, TEST_EACH)
    answers: Answers = {}
    for count in SHOTS:
        for draw in draws:
            seen = shots(draw, count)
            for name, method in {"zero-shot": zero_shot, **METHODS}.items():
                found = right(method(seen, features, draw), labels)
                answers.setdefault((shots_words(count), name), []).append(found)
            print(f"{count} shots, draw {draw}", flush=True)
    return answers


def shots_words(count: int) -> str:
    """
    >>> shots_words(1), shots_words(4)
    ('1 shot', '4 shots')
    """
    return f"{count} shot{'s' if count > 1 else ''}"


def few_shot() -> ShippedClaim:
    """Five methods, one baseline, the same shots."""
    one, four, many = map(shots_words, (1, 4, 16))
    findings = (
        ("At 16 shots, Tip-Adapter beats zero-shot.", (many, "Tip-Adapter"), (many, "zero-shot")),
        ("At 16 shots, CLIP-Adapter beats zero-shot.", (many, "CLIP-Adapter"), (many, "zero-shot")),
        ("At 16 shots, CoOp beats zero-shot.", (many, "CoOp"), (many, "zero-shot")),
        ("At 1 shot, Tip-Adapter beats zero-shot.", (one, "Tip-Adapter"), (one, "zero-shot")),
        ("At 1 shot, CLIP-Adapter beats zero-shot.", (one, "CLIP-Adapter"), (one, "zero-shot")),
        ("Trained keys (F) beat Tip-Adapter's at 16 shots.", (many, "Tip-Adapter-F"), (many, "Tip-Adapter")),
        ("At 16 shots, Tip-Adapter-F beats CLIP-Adapter.", (many, "Tip-Adapter-F"), (many, "CLIP-Adapter")),
        ("At 16 shots, CLIP-Adapter beats CoOp.", (many, "CLIP-Adapter"), (many, "CoOp")),
        ("At 16 shots, CLIP-Adapter beats a linear probe.", (many, "CLIP-Adapter"), (many, "linear probe")),
        ("Zero-shot beats a linear probe of 1 shot.", (one, "zero-shot"), (one, "linear probe")),
        ("Zero-shot beats a linear probe of 4 shots.", (four, "zero-shot"), (four, "linear probe")),
        ("At 16 shots, Tip-Adapter beats the class means, which know no text.", (many, "Tip-Adapter"),
         (many, "class means")),
    )  # fmt: skip
    return ShippedClaim(
        name="few_shot",
        title="A few labelled pictures of a new kind",
        said="Tip-Adapter gains on zero-shot CLIP without any training, and most with its keys trained; CLIP-Adapter "
        "gains more than learned prompts (CoOp); zero-shot is as good as a linear probe of four shots.",
        source="Zhang et al. 2021 (Tip-Adapter), section 4; Gao et al. 2021 (CLIP-Adapter), section 4; Radford et al. "
        "2021 (CLIP), figure 6",
        measured="52 classes in the two styles that training never saw; shots are labelled pictures of each class in "
        "these styles. Each draw has other shots, and min(shots, 4) pictures of each class more to choose by: C of the "
        "linear probe, α and β of Tip-Adapter, r of CLIP-Adapter, and the epoch of all that is trained. Nothing is "
        "chosen on the test pictures. Class means are the baseline that knows no text.",
        model=MODEL,
        draws=DRAWS,
        answers=method_answers,
        findings=findings,
    )


def of_classes(pictures: Labelled, wanted: Sequence[int]) -> Labelled:
    """The pictures of some classes, which are numbered anew in their order."""
    features, labels = pictures
    rows = torch.isin(labels, torch.tensor(wanted))
    return features[rows], torch.searchsorted(torch.tensor(wanted), labels[rows])


def prompt_answers(draws: Sequence[int]) -> Answers:
    """CoOp learns from the base classes and is asked these, and those that it never saw; each among its own names."""
    names = task(TEST_SEED, TEST_EACH).class_names
    parts = {BASE: range(0, len(names), 2), NEW: range(1, len(names), 2)}
    answers: Answers = {}
    for draw in draws:
        seen = shots(draw, MANY)
        seen = replace(seen, train=of_classes(seen.train, parts[BASE]), val=of_classes(seen.val, parts[BASE]))
        for part, (label, logits_of) in ((p, way) for p in parts for way in ways(seen, names, parts, p, draw).items()):
            features, labels = of_classes(labelled(TEST_SEED, TEST_EACH), parts[part])
            answers.setdefault((label, part), []).append(right(logits_of(features), labels))
        print(f"learned prompts, draw {draw}", flush=True)
    return answers


def ways(seen: Shots, names: Sequence[str], parts: dict, part: str, draw: int) -> dict:
    """The ways to make logits of the names of a part: two without shots, and the learned context."""
    chosen = [names[i] for i in parts[part]]
    learner = PromptLearner(*shipped(), [names[i] for i in parts[BASE]])
    fit_on_shots(learner, *seen.train, *seen.val, epochs=PROMPT_EPOCHS, learning_rate=PROMPT_RATE, seed=draw)
    asked = PromptLearner(*shipped(), chosen)
    asked.load_state_dict(learner.state_dict())
    one = zero_shot_classifier(*shipped(), chosen, ["a picture of {}"])
    every = classifier()[:, list(parts[part])]
    return {
        "a picture of {}": lambda features: scale() * features @ one,
        "seven templates": lambda features: scale() * features @ every,
        "learned context": asked,
    }


def learned_prompts() -> ShippedClaim:
    return ShippedClaim(
        name="learned_prompts",
        title="Learned prompts, and classes without shots",
        said="A learned context beats words on the classes that it was learned from, and is worse than words on other "
        "classes.",
        source="Zhou et al. 2022 (CoCoOp), section 1 and table 1, of Zhou et al. 2021 (CoOp)",
        measured="Every second class is a base class. The context starts as `a picture of`, and is learned from 16 "
        "shots of each base class in the styles that training never saw; the epoch is chosen on 4 pictures more. Base "
        "classes are asked among base names, new classes among new names.",
        model=MODEL,
        draws=DRAWS,
        answers=prompt_answers,
        findings=(
            ("On new classes, words beat the learned context.", ("a picture of {}", NEW), ("learned context", NEW)),
            ("On base classes, the learned context beats words.", ("learned context", BASE), ("a picture of {}", BASE)),
            ("On base classes, it beats seven templates.", ("learned context", BASE), ("seven templates", BASE)),
            ("On new classes, seven templates beat it.", ("seven templates", NEW), ("learned context", NEW)),
        ),
    )
