"""After training: a few labelled pictures of each class (shots) adapt CLIP's zero-shot classifier.

The encoders stay as they are. Everything works on their features, which are computed once. Tip-Adapter compares a
picture with the shots, CLIP-Adapter learns a small change of the feature. Whatever is chosen (α, β, the epoch) is
chosen on validation pictures. Weights between two whole models are at the end. Learned prompts: prompt_learning.py.
The linear probe: evaluation/linear_probe.py.
Sources: Zhang et al. 2021 (Tip-Adapter), Gao et al. 2021 (CLIP-Adapter), Wortsman et al. 2021 (WiSE-FT).
"""

import copy
from itertools import product

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from minclip.accuracy import top_k_accuracy
from minclip.model import CLIP
from minclip.similarity import unit_rows

ALPHAS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)  # 0 is zero-shot: the shots may be no help
BETAS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


def tip_adapter_logits(
    features: Tensor, classifier: Tensor, keys: Tensor, values: Tensor, scale: float, alpha: float, beta: float
) -> Tensor:
    """s · f W + α · exp(-β (1 - f Kᵀ)) · V: the zero-shot logits, and a vote of the shots for their own classes.

    features f: unit rows [n, embed_dim]; classifier W: unit columns [embed_dim, classes]; keys K: the shots' features,
    unit rows [shots, embed_dim]; values V: their classes, one-hot [shots, classes]; scale s: exp(logit_scale).
    alpha α: how much a vote counts; beta β: how much less the vote of a distant shot counts than that of a near one.
    Returns float [n, classes]. Raises ValueError where keys and values are not of the same shots, or β is out of range.
    Source: Zhang et al. 2021, equations 5 and 6.

    >>> shots, classes = torch.eye(2), torch.eye(2)
    >>> tip_adapter_logits(torch.tensor([[1.0, 0.0]]), torch.zeros(2, 2), shots, classes, 10.0, alpha=2.0, beta=1.0)
    tensor([[2.0000, 0.7358]])
    """
    if len(keys) != len(values):
        raise ValueError(
            f"keys are of {len(keys)} shots, values of {len(values)}: give each shot a feature and a class"
        )
    if not 0 <= beta <= 1e6:
        raise ValueError(f"beta={beta} must be from 0, where all shots count alike, to 1e6, where rounding decides")
    nearness = torch.exp(-beta * (1 - features @ keys.T))  # [n, shots]: 1 where a shot has the same feature
    return scale * features @ classifier + alpha * nearness @ values  # [n, classes]


class TipAdapter(nn.Module):
    """Tip-Adapter: the shots are its keys. With `fit_on_shots` the keys are trained: Tip-Adapter-F.

    classifier: [embed_dim, classes]; scale: exp(logit_scale); features, labels: the shots, unit rows
    [shots, embed_dim] and int64 [shots].
    """

    def __init__(
        self,
        classifier: Tensor,
        scale: float,
        features: Tensor,
        labels: Tensor,
        alpha: float = 1.0,
        beta: float = 5.0,
    ):
        super().__init__()
        self.classifier, self.scale, self.alpha, self.beta = classifier.detach(), scale, alpha, beta
        self.keys = nn.Parameter(features.clone())  # [shots, embed_dim]
        self.values = F.one_hot(labels, classifier.shape[1]).to(features.dtype)  # [shots, classes]

    def forward(self, features: Tensor) -> Tensor:
        """features: unit rows [n, embed_dim] -> logits, float [n, classes]."""
        return tip_adapter_logits(features, self.classifier, self.keys, self.values, self.scale, self.alpha, self.beta)

    @torch.no_grad()
    def choose_strengths(self, val_features: Tensor, val_labels: Tensor) -> None:
        """Takes those α and β of ALPHAS and BETAS that are best on validation pictures."""
        found = {}
        for self.alpha, self.beta in product(ALPHAS, BETAS):
            found[self.alpha, self.beta] = quality(self(val_features), val_labels)
        self.alpha, self.beta = max(found, key=lambda strengths: found[strengths])


class ClipAdapter(nn.Module):
    """CLIP-Adapter: f' = r · A(f) + (1 - r) · f. A, two layers with a narrow middle, is trained with `fit_on_shots`.

    classifier: [embed_dim, classes]; scale: exp(logit_scale); share: r, from 0 (zero-shot) to 1.
    Source: Gao et al. 2021, section 3.2: an embed_dim / 4 in the middle, a ReLU after each layer, no bias.
    """

    def __init__(self, classifier: Tensor, scale: float, share: float = 0.2):
        super().__init__()
        if not 0 <= share <= 1:
            raise ValueError(f"share={share} must be from 0 (zero-shot) to 1 (nothing of the feature itself)")
        self.classifier, self.scale, self.share = classifier.detach(), scale, share
        width = len(classifier)
        self.layers = nn.Sequential(
            nn.Linear(width, width // 4, bias=False),
            nn.ReLU(),
            nn.Linear(width // 4, width, bias=False),
            nn.ReLU(),
        ).to(classifier)

    def forward(self, features: Tensor) -> Tensor:
        """features: unit rows [n, embed_dim] -> logits, float [n, classes]."""
        adapted = self.share * self.layers(features) + (1 - self.share) * features  # [n, embed_dim]
        return self.scale * unit_rows(adapted) @ self.classifier


def fit_on_shots(
    module: nn.Module,
    features: Tensor,
    labels: Tensor,
    val_features: Tensor,
    val_labels: Tensor,
    *,
    epochs: int = 20,
    learning_rate: float = 1e-3,
    batch_size: int = 64,
    seed: int = 0,
) -> list[float]:
    """Trains a module that makes logits of features, and leaves it as it was when it was best on validation pictures.

    features: unit rows [shots, embed_dim]; labels: int64 [shots]; val_features, val_labels: of other pictures.
    AdamW, the learning rate falls to 0 along a cosine. Returns the accuracy on the validation pictures before the
    first epoch and after each: [1 + epochs]. Where the accuracy is level, the lower loss decides.
    Raises ValueError where there is nothing to train on or to choose by, or a high learning rate makes logits NaN.
    """
    if min(epochs, batch_size) < 1:
        raise ValueError(f"epochs={epochs} and batch_size={batch_size} must be at least 1")
    for name, rows, classes in (("features", features, labels), ("val_features", val_features, val_labels)):
        if len(rows) != len(classes) or len(classes) == 0:
            raise ValueError(f"{name} are {len(rows)} rows for {len(classes)} labels: give one label for each")
    optimizer = torch.optim.AdamW(module.parameters(), learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    generator = torch.Generator().manual_seed(seed)
    found, best = [measured(module, val_features, val_labels)], copy.deepcopy(module.state_dict())
    for _ in range(epochs):
        for rows in torch.randperm(len(labels), generator=generator).split(batch_size):
            loss = F.cross_entropy(module(features[rows].detach()), labels[rows])  # the encoder learns nothing
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
        found.append(measured(module, val_features, val_labels))
        if found[-1] > max(found[:-1]):
            best = copy.deepcopy(module.state_dict())
    module.load_state_dict(best)
    return [accuracy for accuracy, _ in found]


@torch.no_grad()
def measured(module: nn.Module, features: Tensor, labels: Tensor) -> tuple[float, float]:
    """`quality` of a module's logits."""
    return quality(module(features), labels)


def quality(logits: Tensor, labels: Tensor) -> tuple[float, float]:
    """(accuracy, minus the cross entropy): the larger the better, and where the first is level the second decides."""
    return top_k_accuracy(logits, labels, ks=(1,))[1], -F.cross_entropy(logits, labels).item()


def mixed(before: CLIP, after: CLIP, share: float) -> CLIP:
    """WiSE-FT: a new model with the weights (1 - share) · before + share · after.

    A model that was fine-tuned is better at the new task, and has forgotten something of the old one. The weights on
    the straight line between the two models often keep most of both.
    share: 0 is before, 1 is after. ValueError where it is not from 0 to 1, or the two are not of one architecture.

    >>> from minclip.config import CLIPConfig
    >>> a, b = (CLIP(CLIPConfig(8, 8, 4, 64, 1, 64, 1, 1, context_length=8, vocab_size=600)) for _ in range(2))
    >>> torch.equal(mixed(a, b, 1.0).logit_scale, b.logit_scale)
    True
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share={share} must be from 0 (before) to 1 (after)")
    ours, theirs = before.state_dict(), after.state_dict()
    if {name: t.shape for name, t in ours.items()} != {name: t.shape for name, t in theirs.items()}:
        raise ValueError("the two models have other weights than each other: mix models of one architecture")
    model = copy.deepcopy(after)
    with torch.no_grad():
        for name, weight in model.state_dict().items():
            if weight.is_floating_point():  # of a batch norm, counts stay those of `after`
                weight.copy_(torch.lerp(ours[name].to(weight), theirs[name].to(weight), share))
    return model.eval()
