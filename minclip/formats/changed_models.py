"""Wrapped models and changed models: finds the CLIP in a wrapper, and what differs from its configuration.

torch.compile and DataParallel put a module around the model or around an encoder. Files hold the plain names.
"""

from collections.abc import Iterator

from torch import nn

from minclip.formats.build_model import blank_model, check_finite, check_tensors, listed
from minclip.formats.pickled_tensors import printable
from minclip.formats.siglip_model import SigLIP
from minclip.formats.weight_names import IGNORED, Weights
from minclip.formats.wrapped_weights import plain_name
from minclip.model import CLIP

NO_CHANGE = ("training", "momentum")  # what a module notes of training alone


def the_clip(model: nn.Module) -> CLIP:
    """The model itself, or the one CLIP in a module that wraps or holds it.

    ValueError where there is none, or several, or parameters beside it, which its file would not hold.
    """
    if isinstance(model, CLIP):
        return model
    if not isinstance(model, nn.Module):
        raise ValueError(f"model is of type {type(model).__name__}, not a minclip.CLIP")
    found = {plain_name(name) or name: module for name, module in model.named_modules() if isinstance(module, CLIP)}
    if len(found) != 1:
        which = f"holds several CLIPs, {', '.join(found)}: pass the one you mean" if found else "holds no minclip.CLIP"
        raise ValueError(f"model, a {type(model).__name__}, {which}")
    ((name, clip),) = found.items()
    own = {id(tensor) for tensor in (*clip.parameters(), *clip.buffers())}
    tensors = [*model.named_parameters(), *model.named_buffers()]
    beside = [n for n, tensor in tensors if id(tensor) not in own and n.split(".")[-1] not in IGNORED]
    if beside:
        raise ValueError(f"model holds more than its CLIP, {listed(beside)}: pass the CLIP alone, model.{name}")
    return clip


def plain_weights(model: nn.Module) -> Weights:
    """The state dict of the CLIP under the names that it has unwrapped; the tensors are the model's own."""
    return {plain_name(name): tensor for name, tensor in the_clip(model).state_dict().items()}


def changes(clip: CLIP) -> dict[str, str]:
    """place -> what is there, for all that differs from the model that the configuration describes.

    Seen are modules of another class, unless it is a subclass that overrides nothing; numbers such as `heads`;
    parameters and buffers added, missing or of another shape. Not seen are hooks, and methods set on an object.
    """
    weights = plain_weights(clip)
    standard = blank_model(clip.config, sum(tensor.numel() for tensor in weights.values()))
    ours = dict(standard.named_modules())
    found: dict[str, str] = {}
    for name, module in unwrapped(clip):
        if lies_within(name, found):
            continue
        if name not in ours:
            if any(True for _ in (*module.parameters(), *module.buffers())):
                found[name] = f"a {type(module).__name__} more"
        elif overrides(type(module), type(ours[name])):
            found[name] = f"a {type(module).__name__}, not {type(ours[name]).__name__}"
        else:
            numbers = {key: value for key, value in vars(ours[name]).items() if isinstance(value, int | float | tuple)}
            for key, value in numbers.items():
                if key not in NO_CHANGE and not key.startswith("_") and getattr(module, key, None) != value:
                    found[f"{name}.{key}".lstrip(".")] = f"{getattr(module, key, None)}, not {value}"
    expected = standard.state_dict()
    for name in dict.fromkeys([*expected, *weights]):
        if lies_within(name, found):
            continue
        if name not in weights or name not in expected:
            found[name] = "added" if name in weights else "missing"
        elif weights[name].shape != expected[name].shape:
            found[name] = f"of shape {list(weights[name].shape)}, not {list(expected[name].shape)}"
    return found


def unwrapped(clip: CLIP) -> Iterator[tuple[str, nn.Module]]:
    """(plain name, module) of all modules but those that torch.compile and parallel training put around others."""
    for name, module in clip.named_modules():
        if wrapped_module(module) is None:
            yield plain_name(name), module


def wrapped_module(module: nn.Module) -> nn.Module | None:
    """What torch.compile or parallel training has put this module around; None where it is no such wrapper."""
    parallel = isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel)
    return (
        module._modules["module" if parallel else "_orig_mod"] if parallel or "_orig_mod" in module._modules else None
    )


def unwrap(clip: CLIP) -> CLIP:
    """The model itself, in which no part is wrapped any more."""
    for module in list(clip.modules()):
        for name, part in module.named_children():
            while (plain := wrapped_module(part)) is not None:
                part = plain
            module._modules[name] = part
    return clip


def lies_within(name: str, places: dict[str, str]) -> bool:
    """Whether a name lies in one of these modules."""
    return any(place and f"{name}.".startswith(f"{place}.") for place in places)


def overrides(kind: type, ours: type) -> bool:
    """Whether a class computes otherwise than ours, as far as its methods tell."""
    if kind is ours or (issubclass(kind, nn.SyncBatchNorm) and issubclass(ours, nn.BatchNorm2d)):
        return False
    if not issubclass(kind, ours):
        return True
    methods = {name for one in ours.__mro__ if one not in (nn.Module, object) for name in vars(one)}
    methods = {name for name in methods if not name.startswith("__")} | {"__call__", "forward"}
    own = kind.__mro__[: kind.__mro__.index(ours)]
    return any(methods & vars(one).keys() for one in own)


def changes_in_words(found: dict[str, str]) -> str:
    """The first changes, and how many more there are."""
    shown = [f"{printable(place) or 'the model'} is {printable(what)}" for place, what in list(found.items())[:3]]
    return "; ".join(shown) + (f" and {len(found) - len(shown)} more" if len(found) > len(shown) else "")


def refuse_changed(clip: CLIP, layout: str) -> None:
    """ValueError where another layout, which knows plain CLIPs alone, cannot say what the model is."""
    if isinstance(clip, SigLIP):
        raise ValueError(f"minclip writes no SigLIP in {layout} layout yet: write minclip's own file (minclip.save)")
    if found := changes(clip):
        raise ValueError(
            f"the model was changed ({changes_in_words(found)}), which {layout} layout cannot say: "
            f"write minclip's own file (minclip.save)"
        )


def fill(clip: CLIP, weights: Weights) -> None:
    """Puts weights under plain names into a model, all or none. ValueError where they are not exactly its own."""
    expected = plain_weights(clip)
    check_tensors(weights, expected)
    check_finite(weights)
    for name, tensor in expected.items():
        tensor.copy_(weights[name])
