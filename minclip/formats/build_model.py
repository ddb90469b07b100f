"""From named weights to a model: the configuration is read off the shapes, and every tensor must be the expected one.

Nothing large is made before all shapes have been compared: a wrong file costs no memory. No file is opened here.
"""

from collections.abc import Mapping
from dataclasses import fields, replace

import torch
from torch import Tensor

from minclip.config import PRESETS, CLIPConfig
from minclip.formats.pickled_tensors import printable
from minclip.formats.siglip_model import SigLIPConfig, new_clip
from minclip.formats.weight_names import IGNORED, MINCLIP, Layout, Weights, of_resnet
from minclip.model import CLIP
from minclip.resnet import STRIDE

SHOWN = 5  # names in an error line
LARGE = 20_000_000  # weights: fewer are drawn in less time than it takes not to draw them
# what no tensor's shape tells
NOT_IN_THE_SHAPES = ("text_heads", "vision_head_width", "quick_gelu", "pixel_mean", "pixel_std")
NOR_A_SIGLIPS = (*NOT_IN_THE_SHAPES, "vision_activation", "text_activation", "interpolation")
TEXT_SHAPES = {  # name -> number of dimensions of the tensors that the configuration is read off
    "text.positional_embedding": 2,
    "text.token_embedding.weight": 2,
    "text.text_projection": 2,
}
VIT_SHAPES = {
    "visual.embedding.conv1.weight": 4,
    "visual.embedding.positional_embedding": 2,
    "visual.transformer.resblocks.0.mlp.c_fc.weight": 2,
}
SIGLIP_SHAPES = {
    "text.positional_embedding": 2,
    "text.token_embedding.weight": 2,
    "text.text_projection.weight": 2,
    "text.transformer.resblocks.0.mlp.c_fc.weight": 2,
    "visual.head.probe": 3,
    **VIT_SHAPES,
}
RESNET_SHAPES = {"visual.layer1.0.conv1.weight": 4, "visual.attnpool.positional_embedding": 2}


def build(tensors: Weights, layout: Layout, config: CLIPConfig | None = None) -> CLIP:
    """A float32 model in eval mode, on the CPU, with copies of the tensors.

    config: what a file beside the weights says of them; without one the shapes say it all, and the rest is OpenAI's:
    heads of 64, QuickGELU. Raises ValueError, in the layout's own names, for tensors that are missing, surplus or of
    another shape or kind, and for a configuration that is not theirs.
    """
    if not isinstance(tensors, Mapping):
        raise ValueError(f"state_dict must hold tensors by their names, found {type(tensors).__name__}")
    for name, tensor in tensors.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            kind = type(tensor).__name__
            raise ValueError(f"state_dict must hold tensors by their names, found {kind} under {name!r:.80}")
    tensors = {name: tensor for name, tensor in tensors.items() if name.split(".")[-1] not in IGNORED}
    weights = layout.to_ours(tensors)
    found = infer_siglip(weights, layout, config) if isinstance(config, SigLIPConfig) else infer_config(weights, layout)
    config = found if config is None else config
    check_config(config, found)
    model = blank_model(config, sum(tensor.numel() for tensor in weights.values()))
    expected = layout.from_ours(model.state_dict())
    check_tensors(tensors, expected, found)
    kinds = {name: tensor.dtype for name, tensor in model.state_dict().items()}  # float32, but for BatchNorm's counter
    copies = {name: tensor.detach().to(kinds[name], copy=True).contiguous() for name, tensor in weights.items()}
    check_finite(copies, layout)
    model.load_state_dict(copies, assign=True)
    return model.eval()


def blank_model(config: CLIPConfig, numbers: int) -> CLIP:
    """A model of the configuration whose weights are to be replaced; of many numbers, it takes no memory for them."""
    # tensors without memory, for which PyTorch first imports a second's worth of code: not for a small model
    with torch.random.fork_rng(devices=[]), torch.device("meta" if numbers > LARGE else "cpu"):
        return new_clip(config)


def infer_config(weights: Weights, layout: Layout) -> CLIPConfig:
    """The dimensions, read off the shapes as openai/CLIP's build_model does. ValueError where one cannot be read."""
    if "logit_bias" in weights:
        raise ValueError(
            "the weights hold a logit_bias beside CLIP's own encoders: minclip loads a SigLIP with attention pooling, "
            "and such a model not yet"
        )
    resnet = of_resnet(weights)
    check_dimensions(weights, TEXT_SHAPES | (RESNET_SHAPES if resnet else VIT_SHAPES), layout)
    text_width = weights["text.token_embedding.weight"].shape[1]
    config = CLIPConfig(
        embed_dim=weights["text.text_projection"].shape[1],
        image_size=1,  # what only one of the two encoders tells follows below
        patch_size=1,
        vision_width=1,
        vision_layers=1,
        text_width=text_width,
        text_heads=max(1, text_width // 64),
        text_layers=count(weights, "text.transformer.resblocks."),
        context_length=weights["text.positional_embedding"].shape[0],
        vocab_size=weights["text.token_embedding.weight"].shape[0],
    )
    if resnet:
        side = round((weights["visual.attnpool.positional_embedding"].shape[0] - 1) ** 0.5)
        stages = tuple(count(weights, f"visual.layer{number}.") for number in (1, 2, 3, 4))
        width = weights["visual.layer1.0.conv1.weight"].shape[0]
        return replace(config, image_size=STRIDE * side, patch_size=None, vision_width=width, vision_layers=stages)
    width, _, patch, _ = weights["visual.embedding.conv1.weight"].shape
    side = round((weights["visual.embedding.positional_embedding"].shape[0] - 1) ** 0.5)
    hidden = weights["visual.transformer.resblocks.0.mlp.c_fc.weight"].shape[0]
    layers = count(weights, "visual.transformer.resblocks.")
    config = replace(config, image_size=patch * side, patch_size=patch, vision_width=width, vision_layers=layers)
    return replace(config, vision_mlp_width=hidden)


def infer_siglip(weights: Weights, layout: Layout, config: SigLIPConfig) -> SigLIPConfig:
    """The configuration with the sizes that the shapes tell. ValueError where one cannot be read."""
    check_dimensions(weights, SIGLIP_SHAPES, layout)
    width, _, patch, _ = weights["visual.embedding.conv1.weight"].shape
    side = round(weights["visual.embedding.positional_embedding"].shape[0] ** 0.5)
    cut_off = config.patch_size == patch and config.image_size // patch == side  # pixels at the rim fill no patch
    return replace(
        config,
        embed_dim=weights["text.text_projection.weight"].shape[0],
        image_size=config.image_size if cut_off else patch * side,
        patch_size=patch,
        vision_width=width,
        vision_layers=count(weights, "visual.transformer.resblocks."),
        vision_mlp_width=weights["visual.transformer.resblocks.0.mlp.c_fc.weight"].shape[0],
        text_width=weights["text.token_embedding.weight"].shape[1],
        text_layers=count(weights, "text.transformer.resblocks."),
        text_mlp_width=weights["text.transformer.resblocks.0.mlp.c_fc.weight"].shape[0],
        context_length=weights["text.positional_embedding"].shape[0],
        vocab_size=weights["text.token_embedding.weight"].shape[0],
    )


def count(weights: Weights, prefix: str) -> int:
    """Different numbers after a prefix: blocks of a stack."""
    return len({name.removeprefix(prefix).split(".")[0] for name in weights if name.startswith(prefix)})


def check_dimensions(weights: Weights, needed: dict[str, int], layout: Layout) -> None:
    """ValueError where a tensor that the sizes are read off is missing, or has other dimensions than `needed` says."""
    if missing := [name for name in needed if name not in weights]:
        theirs = layout.from_ours({name: torch.empty(1, 1, device="meta") for name in missing})
        verdict = f": they are not a CLIP's under {layout.name} names" if 2 * len(missing) > len(needed) else ""
        raise ValueError(f"the weights lack {listed(list(theirs))}{verdict}")
    for name, dimensions in needed.items():
        if weights[name].ndim != dimensions:
            (theirs_name,) = layout.from_ours({name: weights[name]})
            raise ValueError(f"{theirs_name} has shape {list(weights[name].shape)}, expected {dimensions} dimensions")


def check_config(config: CLIPConfig, found: CLIPConfig) -> None:
    """ValueError where a configuration says something else than the shapes."""
    for field in fields(found):
        says, is_so = getattr(config, field.name), getattr(found, field.name)
        if field.name not in NOR_A_SIGLIPS and says != is_so:
            raise ValueError(f"the configuration says {field.name}={says}, the weights have {is_so}. {advice(found)}")


def check_finite(weights: Weights, layout: Layout = MINCLIP) -> None:
    """ValueError that names the first of our weights, in the layout's words, which is not made of numbers."""
    for name, tensor in weights.items():
        if not tensor.isfinite().all():
            (theirs,) = layout.from_ours({name: tensor})
            raise ValueError(f"{theirs} holds numbers that are not finite: its training failed, or the file is damaged")


def check_tensors(tensors: Weights, expected: Weights, found: CLIPConfig | None = None) -> None:
    """ValueError that lists what is missing and surplus, or names the first tensor of another shape or kind.

    found: the configuration that the tensors have, which the error then tells.
    """
    hint = "" if found is None else f". {advice(found)}"
    missing = [name for name in expected if name not in tensors]
    surplus = [name for name in tensors if name not in expected]
    if missing or surplus:
        faults = [f"{what} {listed(names)}" for what, names in (("lack", missing), ("hold also", surplus)) if names]
        raise ValueError(f"the weights {' and '.join(faults)}{hint}")
    for name, tensor in expected.items():
        if tensors[name].shape != tensor.shape:
            raise ValueError(f"{name} has shape {list(tensors[name].shape)}, expected {list(tensor.shape)}{hint}")
        if tensors[name].is_floating_point() != tensor.is_floating_point():
            raise ValueError(f"{name} holds {tensors[name].dtype}, expected {tensor.dtype}")


def listed(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(map(printable, names[:SHOWN])) + more


def advice(found: CLIPConfig) -> str:
    """Which configuration the weights are of, in words."""
    if not isinstance(found, SigLIPConfig):
        plain = replace(found, **{name: getattr(PRESETS["ViT-B/32"], name) for name in NOT_IN_THE_SHAPES[1:]})
        for name, preset in PRESETS.items():
            if plain == preset:
                return f"Their sizes are those of {name}"
    sizes = {field.name: getattr(found, field.name) for field in fields(found) if field.name not in NOR_A_SIGLIPS}
    return f"By their shapes they have {', '.join(f'{k}={v}' for k, v in sizes.items() if v is not None)}"
