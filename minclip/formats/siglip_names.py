"""What SigLIP's weights are called here, in OpenCLIP's files and in Hugging Face's.

OpenCLIP's image encoder is timm's ViT under `visual.trunk.`; its text encoder has our names. Both keep matrices in
other parts than we do, and give some numbers more dimensions. Sources: open_clip model.py (CustomTextCLIP), timm
vision_transformer.py and attention_pool.py, transformers modeling_siglip.py.
"""

import torch

from minclip.formats.weight_names import Layout, Weights, join_attention, split_attention

# ours, theirs: the first row that begins a name decides, the name's rest stays
HUGGING_FACES = (
    ("text.positional_embedding", "text_model.embeddings.position_embedding.weight"),
    ("text.token_embedding.", "text_model.embeddings.token_embedding."),
    ("text.transformer.resblocks.", "text_model.encoder.layers."),
    ("text.ln_final.", "text_model.final_layer_norm."),
    ("text.text_projection.", "text_model.head."),
    ("visual.embedding.positional_embedding", "vision_model.embeddings.position_embedding.weight"),
    ("visual.embedding.conv1.", "vision_model.embeddings.patch_embedding."),
    ("visual.transformer.resblocks.", "vision_model.encoder.layers."),
    ("visual.ln_post.", "vision_model.post_layernorm."),
    ("visual.head.probe", "vision_model.head.probe"),
    ("visual.head.attn.", "vision_model.head.attention."),
    ("visual.head.ln.", "vision_model.head.layernorm."),
    ("visual.head.mlp.c_fc.", "vision_model.head.mlp.fc1."),
    ("visual.head.mlp.c_proj.", "vision_model.head.mlp.fc2."),
)
OPENCLIPS = (
    ("visual.embedding.positional_embedding", "visual.trunk.pos_embed"),
    ("visual.embedding.conv1.", "visual.trunk.patch_embed.proj."),
    ("visual.transformer.resblocks.", "visual.trunk.blocks."),
    ("visual.ln_post.", "visual.trunk.norm."),
    ("visual.head.probe", "visual.trunk.attn_pool.latent"),
    ("visual.head.attn.out_proj.", "visual.trunk.attn_pool.proj."),
    ("visual.head.ln.", "visual.trunk.attn_pool.norm."),
    ("visual.head.mlp.c_fc.", "visual.trunk.attn_pool.mlp.fc1."),
    ("visual.head.mlp.c_proj.", "visual.trunk.attn_pool.mlp.fc2."),
)
TIMM_BLOCK = (  # what ends a name inside a block of the image encoder: ours, timm's
    ("attn.in_proj_weight", "attn.qkv.weight"),
    ("attn.in_proj_bias", "attn.qkv.bias"),
    ("attn.out_proj.", "attn.proj."),
    ("ln_1.", "norm1."),
    ("ln_2.", "norm2."),
    ("mlp.c_fc.", "mlp.fc1."),
    ("mlp.c_proj.", "mlp.fc2."),
)
POOL, POOLS = "visual.head.attn.in_proj_", "visual.trunk.attn_pool."
NUMBERS = ("logit_scale", "logit_bias")  # one number each, in Hugging Face's files a vector of one


def renamed(name: str, rows: tuple[tuple[str, str], ...], back: bool = False) -> str:
    """The name in the other column; itself where no row knows it."""
    for row in rows:
        ours, theirs = reversed(row) if back else row
        if name.startswith(ours):
            return theirs + name.removeprefix(ours)
    return name


def from_hugging_face(state: Weights) -> Weights:
    """Hugging Face's names -> ours."""
    weights = join_attention(state, {name: renamed(name, HUGGING_FACES, back=True) for name in state})
    return {name: tensor.reshape(()) if is_number(name, tensor) else tensor for name, tensor in weights.items()}


def to_hugging_face(weights: Weights) -> Weights:
    """Our names -> Hugging Face's."""
    state = split_attention(weights, {name: renamed(name, HUGGING_FACES) for name in weights})
    return {name: tensor.reshape(1) if is_number(name, tensor) else tensor for name, tensor in state.items()}


def is_number(name: str, tensor: torch.Tensor) -> bool:
    return name in NUMBERS and tensor.numel() == 1


def from_openclip(state: Weights) -> Weights:
    """OpenCLIP's names -> ours. ValueError where a part of the pool's attention is missing."""
    weights: Weights = {}
    for name, tensor in state.items():
        if name.startswith((POOLS + "q.", POOLS + "kv.")):
            end = name.rpartition(".")[2]  # weight or bias
            parts = [f"{POOLS}q.{end}", f"{POOLS}kv.{end}"]
            if missing := [part for part in parts if part not in state]:
                raise ValueError(f"the weights lack {', '.join(missing)}")
            weights[POOL + end] = torch.cat([state[part] for part in parts])  # [3 * width, width] or [3 * width]
            continue
        ours = renamed(name, OPENCLIPS, back=True)
        if ours.startswith("visual.transformer.resblocks."):
            ours = with_block_names(ours, back=True)
        one = name in NUMBERS or name == "visual.trunk.pos_embed"
        weights[ours] = tensor.squeeze(0) if one and tensor.ndim and tensor.shape[0] == 1 else tensor
    return weights


def to_openclip(weights: Weights) -> Weights:
    """Our names -> OpenCLIP's."""
    state: Weights = {}
    for name, tensor in weights.items():
        if name.startswith(POOL):
            end, width = name.removeprefix(POOL), len(tensor) // 3
            state[f"{POOLS}q.{end}"], state[f"{POOLS}kv.{end}"] = tensor[:width], tensor[width:]
            continue
        theirs = with_block_names(name) if name.startswith("visual.transformer.resblocks.") else name
        theirs = renamed(theirs, OPENCLIPS)
        state[theirs] = tensor.unsqueeze(0) if theirs == "visual.trunk.pos_embed" else tensor
    return state


def with_block_names(name: str, back: bool = False) -> str:
    """The same name with what a block's parts are called in the other column."""
    *before, number = name.split(".", 4)[:4]
    place = ".".join([*before, number]) + "."  # visual.transformer.resblocks.0.
    return place + renamed(name.removeprefix(place), TIMM_BLOCK, back)


OPENCLIP_SIGLIP = Layout("OpenCLIP's", from_openclip, to_openclip)
HUGGING_FACE_SIGLIP = Layout("Hugging Face's", from_hugging_face, to_hugging_face)


def siglip_layout_of(names: list[str]) -> Layout | None:
    """The layout of a SigLIP's names; None where they are none's: attention pooling is what no other CLIP there has."""
    if "visual.trunk.attn_pool.latent" in names:
        return OPENCLIP_SIGLIP
    return HUGGING_FACE_SIGLIP if "vision_model.head.probe" in names else None
