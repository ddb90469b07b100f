"""One table: what a weight is called here, in OpenAI's and OpenCLIP's files, and in Hugging Face's.

Only names are known here, and that Hugging Face cuts the attention's matrix in three and transposes both projections;
sizes are read in build_model.py. Sources: openai/CLIP model.py, open_clip model.py, transformers modeling_clip.py.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

Weights = dict[str, Tensor]

# ours, OpenAI's and OpenCLIP's, Hugging Face's: the first row that begins a name decides, the name's rest stays
TEXT = (
    ("logit_scale", "logit_scale", "logit_scale"),
    ("text.positional_embedding", "positional_embedding", "text_model.embeddings.position_embedding.weight"),
    ("text.token_embedding.", "token_embedding.", "text_model.embeddings.token_embedding."),
    ("text.transformer.resblocks.", "transformer.resblocks.", "text_model.encoder.layers."),
    ("text.ln_final.", "ln_final.", "text_model.final_layer_norm."),
    ("text.text_projection", "text_projection", "text_projection.weight"),
)
VIT = (
    ("visual.embedding.class_embedding", "visual.class_embedding", "vision_model.embeddings.class_embedding"),
    (
        "visual.embedding.positional_embedding",
        "visual.positional_embedding",
        "vision_model.embeddings.position_embedding.weight",
    ),
    ("visual.embedding.conv1.", "visual.conv1.", "vision_model.embeddings.patch_embedding."),
    ("visual.ln_pre.", "visual.ln_pre.", "vision_model.pre_layrnorm."),  # their spelling
    ("visual.transformer.resblocks.", "visual.transformer.resblocks.", "vision_model.encoder.layers."),
    ("visual.ln_post.", "visual.ln_post.", "vision_model.post_layernorm."),
    ("visual.proj", "visual.proj", "visual_projection.weight"),
)
OURS, OPENAIS, HUGGING_FACES = 0, 1, 2  # columns; a ResNet's names are OpenAI's own here, Hugging Face has none
# what ends a name inside a block: ours and OpenAI's, Hugging Face's. Three names are one matrix in three parts
BLOCK = (
    ("attn.in_proj_weight", ("self_attn.q_proj.weight", "self_attn.k_proj.weight", "self_attn.v_proj.weight")),
    ("attn.in_proj_bias", ("self_attn.q_proj.bias", "self_attn.k_proj.bias", "self_attn.v_proj.bias")),
    ("attn.out_proj.weight", ("self_attn.out_proj.weight",)),
    ("attn.out_proj.bias", ("self_attn.out_proj.bias",)),
    ("ln_1.weight", ("layer_norm1.weight",)),
    ("ln_1.bias", ("layer_norm1.bias",)),
    ("mlp.c_fc.weight", ("mlp.fc1.weight",)),
    ("mlp.c_fc.bias", ("mlp.fc1.bias",)),
    ("mlp.c_proj.weight", ("mlp.fc2.weight",)),
    ("mlp.c_proj.bias", ("mlp.fc2.bias",)),
    ("ln_2.weight", ("layer_norm2.weight",)),
    ("ln_2.bias", ("layer_norm2.bias",)),
)
TRANSPOSED = ("visual_projection.weight", "text_projection.weight")  # Hugging Face's [out, in], ours [in, out]
# PyTorch lists a module's own parameters before its children's: these are CLIP's and the visual encoder's own
OPENAI_FIRST = ["positional_embedding", "text_projection", "logit_scale"]
OPENAI_FIRST += ["visual.class_embedding", "visual.positional_embedding", "visual.proj"]
SIZES = ("input_resolution", "context_length", "vocab_size")  # stand in OpenAI's own archives, and in no one else's
# not weights: those, the causal mask, the numbers from 0 in Hugging Face's older files, AveragedModel's counter
IGNORED = (*SIZES, "attn_mask", "position_ids", "n_averaged")


class Layout(NamedTuple):
    """A way to name weights. Both functions leave their input and the tensors as they are."""

    name: str
    to_ours: Callable[[Weights], Weights]
    from_ours: Callable[[Weights], Weights]


def rename(name: str, of: int, to: int, rows: tuple[tuple[str, str, str], ...]) -> str:
    """The name in another column; itself where no row knows it."""
    for row in rows:
        if name.startswith(row[of]):
            return row[to] + name.removeprefix(row[of])
    return name


def of_resnet(state: Weights) -> bool:
    """Whether the visual encoder is a ResNet: its stages have these names, here and at OpenAI."""
    return any(name.startswith(("visual.layer", "visual.attnpool.")) for name in state)


def from_openai(state: Weights) -> Weights:
    """OpenAI's names -> ours."""
    rows = TEXT if of_resnet(state) else (*TEXT, *VIT)
    return {rename(name, OPENAIS, OURS, rows): tensor for name, tensor in state.items()}


def to_openai(weights: Weights) -> Weights:
    """Our names -> OpenAI's, in OpenAI's order."""
    state = {rename(name, OURS, OPENAIS, (*TEXT, *VIT)): tensor for name, tensor in weights.items()}
    order = [name for name in OPENAI_FIRST if name in state]
    order += [name for name in state if name.startswith("visual.")]
    order += [name for name in state if name.startswith("transformer.")]
    return {name: state[name] for name in dict.fromkeys([*order, *state])}


def from_hugging_face(state: Weights) -> Weights:
    """Hugging Face's names -> ours; query, key and value become one matrix. ValueError where one of them is missing."""
    weights = join_attention(state, {name: rename(name, HUGGING_FACES, OURS, (*TEXT, *VIT)) for name in state})
    ours = {rename(name, HUGGING_FACES, OURS, (*TEXT, *VIT)) for name in TRANSPOSED}
    return {name: tensor.transpose(0, -1) if name in ours else tensor for name, tensor in weights.items()}


def join_attention(state: Weights, names: dict[str, str]) -> Weights:
    """Hugging Face's blocks as ours: query, key and value become one matrix. ValueError where one is missing.

    names: theirs -> ours, of everything but what ends a name inside a block.
    """
    weights: Weights = {}
    for name, tensor in state.items():
        ours = names[name]
        for end, theirs in BLOCK:
            if ".resblocks." in ours and ours.endswith(theirs[0]):
                parts = [name.removesuffix(theirs[0]) + part for part in theirs]
                if missing := [part for part in parts if part not in state]:
                    raise ValueError(f"the weights lack {', '.join(missing)}")
                if tensor.ndim == 0 or any(state[part].shape != tensor.shape for part in parts):
                    shapes = ", ".join(str(list(state[part].shape)) for part in parts)
                    raise ValueError(f"{', '.join(parts)} must have one shape, they have {shapes}")
                ours = ours.removesuffix(theirs[0]) + end
                tensor = torch.cat([state[part] for part in parts])  # [3 * width, width] or [3 * width]
            elif ".resblocks." in ours and ours.endswith(theirs[1:]):
                ours = ""  # came with the query
        if ours:
            weights[ours] = tensor
    return weights


def to_hugging_face(weights: Weights) -> Weights:
    """Our names -> Hugging Face's."""
    state = split_attention(weights, {name: rename(name, OURS, HUGGING_FACES, (*TEXT, *VIT)) for name in weights})
    return {name: tensor.transpose(0, -1) if name in TRANSPOSED else tensor for name, tensor in state.items()}


def split_attention(weights: Weights, names: dict[str, str]) -> Weights:
    """The inverse of `join_attention`. names: ours -> theirs."""
    state: Weights = {}
    for name, tensor in weights.items():
        parts = next((parts for end, parts in BLOCK if ".resblocks." in name and name.endswith(end)), None)
        if parts is None:
            state[names[name]] = tensor
            continue
        block = ".".join(names[name].split(".")[:4]) + "."  # text_model.encoder.layers.0.
        for part, share in zip(parts, tensor.chunk(len(parts)), strict=True):
            state[block + part] = share
    return state


MINCLIP = Layout("minclip's", dict, dict)
OPENAI = Layout("OpenAI's", from_openai, to_openai)
HUGGING_FACE = Layout("Hugging Face's", from_hugging_face, to_hugging_face)


def layout_of(names: list[str]) -> Layout | None:
    """The layout that these names are in; None where they are no CLIP's."""
    ours = any(name.startswith(("visual.embedding.", "text.token_embedding.")) for name in names)
    if ours and "visual.class_embedding" not in names:
        return MINCLIP
    if "token_embedding.weight" in names or "visual.conv1.weight" in names:
        return OPENAI
    if any(name.startswith(("text_model.", "vision_model.")) for name in names):
        return HUGGING_FACE
    return None
