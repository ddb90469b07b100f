"""The methods of the few-shot table: each makes logits of the test features out of shots. None sees a test label.

The rates and the numbers of epochs are fixed; everything else is chosen on the validation pictures of the draw.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.after_training.shots import Shots, classifier, scale, shipped, task
from minclip.adapters import ClipAdapter, TipAdapter, fit_on_shots, measured
from minclip.evaluation.linear_probe import fit_probe
from minclip.prompt_learning import PromptLearner
from minclip.similarity import unit_rows

Method = Callable[[Shots, Tensor, int], Tensor]  # shots, test features [n, embed_dim], seed -> logits [n, classes]
RESIDUES = (0.1, 0.2, 0.4, 0.6)  # r of CLIP-Adapter, of which validation chooses
ADAPTER_EPOCHS, KEY_EPOCHS, PROMPT_EPOCHS = 50, 20, 20
RATE, PROMPT_RATE = 1e-3, 1e-2


def zero_shot(shots: Shots, features: Tensor, seed: int) -> Tensor:
    """No shot at all: the names are the classifier."""
    return scale() * features @ classifier()


def class_means(shots: Shots, features: Tensor, seed: int) -> Tensor:
    """The trivial baseline, which knows no text: the nearest mean of a class's shots."""
    train, labels = shots.train
    means = torch.stack([train[labels == one].mean(dim=0) for one in labels.unique()])
    return features @ unit_rows(means).T


def linear_probe(shots: Shots, features: Tensor, seed: int) -> Tensor:
    """Logistic regression on the shots alone; validation chooses C, and is not learned from, as for the others."""
    chosen = fit_probe(*shots.train, *shots.val).C
    return fit_probe(*shots.train, C=chosen).logits(features)


def tip_adapter(shots: Shots, features: Tensor, seed: int) -> Tensor:
    return tip_of(shots)(features)


def tip_adapter_f(shots: Shots, features: Tensor, seed: int) -> Tensor:
    tip = tip_of(shots)
    fit_on_shots(tip, *shots.train, *shots.val, epochs=KEY_EPOCHS, learning_rate=RATE, seed=seed)
    tip.choose_strengths(*shots.val)
    return tip(features)


def tip_of(shots: Shots) -> TipAdapter:
    tip = TipAdapter(classifier(), scale(), *shots.train)
    tip.choose_strengths(*shots.val)
    return tip


def clip_adapter(shots: Shots, features: Tensor, seed: int) -> Tensor:
    """The share r is chosen with the epoch, by the same rule."""
    adapters = []
    for share in RESIDUES:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            adapter = ClipAdapter(classifier(), scale(), share)
        fit_on_shots(adapter, *shots.train, *shots.val, epochs=ADAPTER_EPOCHS, learning_rate=RATE, seed=seed)
        adapters.append(adapter)
    return max(adapters, key=lambda adapter: measured(adapter, *shots.val))(features)


def coop(shots: Shots, features: Tensor, seed: int) -> Tensor:
    learner = PromptLearner(*shipped(), task(0, 10).class_names)
    fit_on_shots(learner, *shots.train, *shots.val, epochs=PROMPT_EPOCHS, learning_rate=PROMPT_RATE, seed=seed)
    return learner(features)


METHODS: dict[str, Method] = {
    "class means": class_means,
    "linear probe": linear_probe,
    "CoOp": coop,
    "Tip-Adapter": tip_adapter,
    "Tip-Adapter-F": tip_adapter_f,
    "CLIP-Adapter": clip_adapter,
}
