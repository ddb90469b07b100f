"""Three CLIPs of one architecture with the same weights: minclip's, OpenCLIP's and Hugging Face's.

Each trains and encodes as its own code does it, on as many threads as PyTorch gives by itself; the optimiser is the
same fused AdamW for all. The proof that they do the same work is here, too: `agreement`. What is measured with them
stands in train_speed.py, encode_speed.py and scaling.py.
"""

import copy
import statistics
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import NamedTuple
from unittest.mock import patch

import torch
from torch import Tensor, nn

from benchmarks.speed.timing import spread
from benchmarks.speed.workload import noise_batch
from minclip.config import CLIPConfig
from minclip.engine.batches import Batch
from minclip.engine.compiled import with_compiled_encoders
from minclip.engine.cores import one_thread
from minclip.engine.devices import Device, choose_device
from minclip.engine.optimizers import build_optimizers
from minclip.engine.step import train_step
from minclip.formats import huggingface, openclip
from minclip.formats.precision import set_precision
from minclip.formats.weight_names import HUGGING_FACE, MINCLIP, OPENAI, Layout
from minclip.loss import MAX_LOGIT_SCALE
from minclip.model import CLIP

OURS, OPEN_CLIP, TRANSFORMERS = "minclip", "open_clip", "transformers"
NAMES = (OURS, OPEN_CLIP, TRANSFORMERS)
AS_IT_IS = "as it is"
OURS_AS_IT_IS = f"{OURS}, {AS_IT_IS}"  # not compiled, as minclip train runs, in a race where compiled is faster
LEARNING_RATE, WEIGHT_DECAY = 5e-4, 0.2  # CLIP's
# the settings of which each may run in its best: in words -> keywords of its maker
VARIANTS: dict[str, dict[str, dict]] = {
    OURS: {AS_IT_IS: {}, "torch.compile": {"compiled": True}},
    OPEN_CLIP: {AS_IT_IS: {}, "torch.compile": {"compiled": True}},
    TRANSFORMERS: {
        "sdpa": {},
        "eager attention": {"attention": "eager"},
        "torch.compile, sdpa": {"compiled": True},
        "torch.compile, eager attention": {"compiled": True, "attention": "eager"},
    },
}


class Contender(NamedTuple):
    """One implementation, ready to train and to encode. Its step leaves the gradients where they are."""

    name: str
    model: nn.Module
    layout: Layout  # what its weights are called
    step: Callable[[Batch], Tensor]  # trains one step, returns the loss before it
    encode_image: Callable[[Tensor], Tensor]
    encode_text: Callable[[Tensor], Tensor]
    halve: Callable[[torch.dtype], object]  # its weights to a half precision, as whoever loads it so gets them
    threads: Callable[[], AbstractContextManager]  # around its training: minclip's cores work apart, see cores.py


def package(name: str) -> ModuleType | None:
    """The peer's package; None where it is not installed."""
    try:
        # torchvision's compiled part is made for one build of torch; what the peers use of it works without
        with patch("torch.library.register_fake", lambda *_, **__: lambda function: function):
            import torchvision  # noqa: F401
    except ImportError:
        pass
    try:
        return import_module(name)
    except ImportError:
        return None


def version(name: str) -> str:
    """What a table calls it: open_clip 3.3.0; open_clip (not installed)."""
    found = package(name)
    return f"{name} {found.__version__}" if found else f"{name} (not installed)"


def installed() -> list[str]:
    """The names of those that can run here, ours first."""
    return [name for name in NAMES if package(name)]


def read_by(name: str, length: int, config: CLIPConfig) -> int:
    """How many tokens of texts of this length an implementation reads."""
    return config.context_length if name == OPEN_CLIP else length


def new_weights(config: CLIPConfig) -> dict[str, Tensor]:
    """Freshly made weights, the same every time, in our names."""
    torch.manual_seed(0)
    return CLIP(config).state_dict()


def make(name: str, config: CLIPConfig, weights: dict[str, Tensor], device: Device, **variant: object) -> Contender:
    """The contender of that name with these weights, in one of its VARIANTS."""
    if package(name) is None:
        raise ValueError(f"{name} is not installed: pip install -e .[peers]")
    maker = {OURS: ours, OPEN_CLIP: open_clip, TRANSFORMERS: hugging_face}[name]
    return maker(config, weights, device, **variant)  # type: ignore[operator]


def ours(config: CLIPConfig, weights: dict[str, Tensor], device: Device, compiled: bool = False) -> Contender:
    """As a run does it."""
    model = CLIP(config)
    model.load_state_dict(weights)
    model.to(device.device).train()
    stepping = with_compiled_encoders(model, device) if compiled else model
    optimizers = adamw(model)

    def step(batch: Batch) -> Tensor:
        return train_step(stepping, optimizers, batch, device)

    image, text, halve = model.encode_image, model.encode_text, partial(set_precision, model)
    if compiled:  # as a user would: stepping's are for training steps
        image, text = torch.compile(image), torch.compile(text)
    return Contender(OURS, model, MINCLIP, step, image, text, halve, one_thread)


def open_clip(config: CLIPConfig, weights: dict[str, Tensor], device: Device, compiled: bool = False) -> Contender:
    """As open_clip_train's loop does it. Its texts always have the whole context length."""
    from open_clip.loss import ClipLoss
    from open_clip.model import CLIP as OpenCLIP
    from open_clip.model import convert_weights_to_lp

    model = OpenCLIP(**copy.deepcopy(openclip.config_content(config, own_words=False)["model_cfg"]))
    model.load_state_dict(OPENAI.from_ours(weights))
    model.to(device.device).train()
    forward, loss = maybe(compiled, model), ClipLoss()

    def value(batch: Batch) -> Tensor:
        return loss(*forward(batch.pixels, batch.tokens))

    image = maybe(compiled, lambda pixels: model.encode_image(pixels.to(model.visual.conv1.weight.dtype)))
    text, halve = maybe(compiled, model.encode_text), partial(convert_weights_to_lp, model)
    return Contender(OPEN_CLIP, model, OPENAI, trained(model, value, device), image, text, halve, nullcontext)


def hugging_face(
    config: CLIPConfig, weights: dict[str, Tensor], device: Device, compiled: bool = False, attention: str = "sdpa"
) -> Contender:
    """CLIPModel with its own loss."""
    from transformers import CLIPConfig as TheirConfig
    from transformers import CLIPModel

    model = CLIPModel(TheirConfig(**huggingface.config_content(config), attn_implementation=attention))
    model.load_state_dict(HUGGING_FACE.from_ours(weights))
    model.to(device.device).train()
    forward = maybe(compiled, model)

    def value(batch: Batch) -> Tensor:
        return forward(input_ids=batch.tokens, pixel_values=batch.pixels, return_loss=True).loss

    image = maybe(compiled, lambda pixels: model.get_image_features(pixels).pooler_output)
    text = maybe(compiled, lambda tokens: model.get_text_features(tokens).pooler_output)
    return Contender(
        TRANSFORMERS, model, HUGGING_FACE, trained(model, value, device), image, text, model.to, nullcontext
    )


def maybe(compiled: bool, function: Callable) -> Callable:
    """The function, or its compiled form for one shape at a time."""
    return torch.compile(function, dynamic=False) if compiled else function


def adamw(model: nn.Module) -> list[torch.optim.Optimizer]:
    """Fused AdamW with CLIP's constants; gains and biases do not decay. It goes by shapes, so any model will do."""
    return build_optimizers(model, "adamw", LEARNING_RATE, WEIGHT_DECAY, muon_learning_rate=0.0)


def trained(model: nn.Module, value: Callable[[Batch], Tensor], device: Device) -> Callable[[Batch], Tensor]:
    """The step of a usual training loop (open_clip_train/train.py, transformers' Trainer): loss under autocast, too."""
    optimizers = adamw(model)

    def step(batch: Batch) -> Tensor:
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        with device.precision():
            loss = value(batch)
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, MAX_LOGIT_SCALE)  # type: ignore[operator]
        return loss.detach()

    return step


def ratio(times: dict[str, list[float]]) -> dict:
    """How many times as fast ours is as the faster peer, over the rounds; {} without one."""
    peers = {name: statistics.median(times[name]) for name in times if name in NAMES and name != OURS}
    if not peers:
        return {}
    faster = min(peers, key=peers.__getitem__)
    return {"against": faster, **spread(b / a for a, b in zip(times[OURS], times[faster], strict=True))}


def agreement(config: CLIPConfig, pairs: int, steps: int = 3) -> dict[str, dict[str, float]]:
    """How far each peer is from us in float32, from the same weights on the same batch, step by step.

    loss: the largest difference in `steps` steps, whose later ones show that the optimisers are the same;
    gradient: of all tensors the largest difference after the first step, as a share of the tensor's largest number.
    """
    device, weights = choose_device("cpu", torch.float32), new_weights(config)
    batch = noise_batch(config, pairs, config.context_length, config.context_length, device)
    losses, gradients = {}, {}
    for name in installed():
        runner = make(name, config, weights, device)
        losses[name] = [float(runner.step(batch))]
        theirs = {key: p.grad.clone() for key, p in runner.model.named_parameters() if p.grad is not None}
        gradients[name] = runner.layout.to_ours(theirs)
        losses[name] += [float(runner.step(batch)) for _ in range(steps - 1)]
    found = {}
    for name in installed()[1:]:
        if gradients[name].keys() != gradients[OURS].keys():
            raise ValueError(f"{name} has gradients for other weights than minclip: it does other work")
        shares = [
            (gradient - gradients[name][key]).abs().max() / gradient.abs().max()
            for key, gradient in gradients[OURS].items()
        ]
        apart = (torch.tensor(losses[OURS]) - torch.tensor(losses[name])).abs()  # the largest is NaN where one is
        found[name] = {"loss": apart.max().item(), "gradient": torch.stack(shares).max().item()}
    return found
