"""Small models that stand in for CLIP while an answer of lesson 07 is judged, and note what is done with them."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from minclip.loss import clamp_logit_scale, similarity_logits
from minclip.training import train, train_step

minclips_step: Callable[..., Tensor] = train_step  # they take a stand-in, too
minclips_train: Callable[..., list[float]] = train


class TwoTowers(nn.Module):
    """As CLIP: two encoders and a logit scale. Pictures are six numbers, texts a few tokens out of ten."""

    def __init__(self, seed: int = 0, logit_scale: float = 2.0):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.image, self.words, self.sentence = nn.Linear(6, 4), nn.Embedding(10, 3), nn.Linear(3, 4)
        self.logit_scale = nn.Parameter(torch.tensor(logit_scale))
        self.events: list[str] = []  # in the order in which they happened
        self.under_autocast: list[bool] = []  # of every call of an encoder
        self.in_training: list[bool] = []
        self.forwards = 0
        for parameter in self.parameters():
            parameter.register_hook(self.note_gradient)

    def __repr__(self) -> str:
        return "model"

    def note_gradient(self, gradient: Tensor) -> None:
        if self.events[-1:] != ["backward"]:  # once for all parameters
            self.events.append("backward")

    def note_call(self) -> None:
        self.under_autocast.append(torch.is_autocast_enabled("cpu"))
        self.in_training.append(self.training)

    def encode_image(self, pixels: Tensor) -> Tensor:
        self.note_call()
        return self.image(pixels)

    def encode_text(self, tokens: Tensor) -> Tensor:
        self.note_call()
        return self.sentence(self.words(tokens).mean(dim=1))

    def forward(self, pixels: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        self.forwards += 1
        image_features, text_features = self.encode_image(pixels).float(), self.encode_text(tokens).float()
        logits = similarity_logits(image_features, text_features, self.logit_scale.exp())
        return logits, logits.T

    def clamp_logit_scale(self) -> None:
        self.events.append("clamp")
        clamp_logit_scale(self.logit_scale)

    def zero_grad(self, set_to_none: bool = True) -> None:
        self.events.append("zero_grad")
        super().zero_grad(set_to_none)

    def weights(self) -> Tensor:
        """All of them in one row."""
        return torch.cat([parameter.detach().flatten() for parameter in self.parameters()])


class NotingSGD(torch.optim.SGD):
    """Plain gradient descent that notes its calls among the model's events."""

    def __init__(self, model: TwoTowers, learning_rate: float = 0.5):
        super().__init__(model.parameters(), lr=learning_rate, foreach=False)
        self.events = model.events

    def zero_grad(self, set_to_none: bool = True) -> None:
        self.events.append("zero_grad")
        super().zero_grad(set_to_none)

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        self.events.append("step")
        super().step(closure)


class Parts(nn.Module):
    """One parameter of every kind that a CLIP has, one that is frozen and one that is there twice."""

    def __init__(self) -> None:
        super().__init__()
        self.class_embedding = nn.Parameter(torch.randn(4))
        self.positional_embedding = nn.Parameter(torch.randn(5, 4))
        self.logit_scale = nn.Parameter(torch.tensor(2.0))
        self.conv1 = nn.Conv2d(3, 4, 2, bias=False)
        self.token_embedding = nn.Embedding(10, 4)
        linear = nn.Linear(4, 4)
        self.block = nn.Sequential(nn.LayerNorm(4), linear)
        self.tied = nn.Linear(4, 4, bias=False)
        self.tied.weight = linear.weight
        self.frozen = nn.Linear(4, 4)
        self.frozen.requires_grad_(False)

    def names(self, group: list[nn.Parameter]) -> list[str]:
        """Of the parameters in a group; those that are not the model's are called "?"."""
        known = {id(parameter): name for name, parameter in self.named_parameters()}
        order = list(known.values())
        found = [known.get(id(parameter), "?") for parameter in group]
        return sorted(found, key=lambda name: order.index(name) if name in order else -1)
