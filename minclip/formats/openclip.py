"""OpenCLIP's layout: OpenAI's names, and open_clip_config.json that says the rest, the activation above all.

OpenCLIP's models take the exact GELU, unless `quick_gelu` is in their configuration or their name ends in -quickgelu.
Sources: open_clip model.py (CLIPVisionCfg, CLIPTextCfg), factory.py, constants.py, model_configs/*.json.
"""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from minclip.config import HEAD_WIDTH, CLIPConfig
from minclip.formats.changed_models import refuse_changed, the_clip
from minclip.formats.json_files import ANY, count, known, per_channel, read_json, shown, stretched, write_json
from minclip.formats.tokenizer_files import check_vocabulary, write_tokenizer
from minclip.formats.weight_names import OPENAI
from minclip.formats.weights_files import require_folder, write_tensors
from minclip.formats.written_weights import Dtype, written_weights
from minclip.model import CLIP
from minclip.preprocess import MEAN, STD
from minclip.tokenizer import BPETokenizer

CONFIG_FILE = "open_clip_config.json"
WEIGHTS_FILE = "open_clip_model.safetensors"
PREFIX = "open_clip"  # how its weights files begin on the Hub
# of the 48,894 merges that CLIP uses, a line each
OPENAI_MERGES_SHA256 = "f61f2adf497e6f5357c347aeb4646fabe82f341e946de5bdec5d2858e41bef4a"
QUICK_GELU = "-quickgelu"  # how the names of its models with that activation end

# models by OpenCLIP's names (dashes, where OpenAI has slashes): all with the exact GELU
H_14 = CLIPConfig(1024, 224, 14, 1280, 32, 1024, 16, 24, vision_head_width=80, quick_gelu=False)
MODELS = {name: replace(CLIPConfig.preset(name), quick_gelu=False) for name in ("RN50", "RN101", "RN50x4", "RN50x16")}
MODELS |= {
    "RN50x64": replace(CLIPConfig.preset("RN50x64"), quick_gelu=False),
    "ViT-B-32": replace(CLIPConfig.preset("ViT-B/32"), quick_gelu=False),
    "ViT-B-32-256": replace(CLIPConfig.preset("ViT-B/32"), image_size=256, quick_gelu=False),
    "ViT-B-16": replace(CLIPConfig.preset("ViT-B/16"), quick_gelu=False),
    "ViT-B-16-plus-240": CLIPConfig(640, 240, 16, 896, 12, 640, 10, 12, quick_gelu=False),
    "ViT-L-14": replace(CLIPConfig.preset("ViT-L/14"), quick_gelu=False),
    "ViT-L-14-336": replace(CLIPConfig.preset("ViT-L/14@336px"), quick_gelu=False),
    "ViT-H-14": H_14,
    "ViT-H-14-378": replace(H_14, image_size=378),
    "ViT-g-14": replace(H_14, vision_width=1408, vision_layers=40, vision_head_width=88, vision_mlp_width=6144),
    "ViT-bigG-14": CLIPConfig(
        1280, 224, 14, 1664, 48, 1280, 20, 32, vision_head_width=104, vision_mlp_width=8192, quick_gelu=False
    ),
}

# what may stand in a configuration file, and the only value that minclip's architecture has for it. ANY: read below, or
# it changes nothing, like the settings of a pooler that is not there
TOP: dict[str, object] = {"embed_dim": ANY, "vision_cfg": ANY, "text_cfg": ANY, "quick_gelu": ANY, "custom_text": False}
TOP |= {"init_logit_scale": ANY, "init_logit_bias": None, "nonscalar_logit_scale": False}
BLOCKS: dict[str, object] = {
    "ls_init_value": None,
    "act_kwargs": None,
    "norm_kwargs": None,
    "block_type": None,
    "qk_norm": False,
}
BLOCKS |= {"scaled_cosine_attn": False, "scale_heads": False, "scale_attn_inner": False, "scale_attn": False}
BLOCKS |= {"scale_fc": False, "final_ln_after_pool": False, "output_tokens": ANY}
VISION: dict[str, object] = {
    "image_size": ANY,
    "layers": ANY,
    "width": ANY,
    "patch_size": ANY,
    "head_width": ANY,
    "mlp_ratio": ANY,
}
VISION |= {"patch_dropout": ANY, "pool_type": "tok", "no_ln_pre": False, "pos_embed_type": "learnable", **BLOCKS}
VISION |= {"attentional_pool": False, "attn_pooler_queries": ANY, "attn_pooler_heads": ANY}
VISION |= {"timm_model_name": None, "timm_model_pretrained": ANY, "timm_pool": ANY, "timm_proj": ANY}
VISION |= {"timm_proj_bias": ANY, "timm_drop": ANY, "timm_drop_path": ANY}
TEXT: dict[str, object] = {
    "context_length": ANY,
    "vocab_size": ANY,
    "width": ANY,
    "heads": ANY,
    "layers": ANY,
    "mlp_ratio": 4.0,
}
TEXT |= {"pool_type": "argmax", "embed_cls": False, "no_causal_mask": False, "pad_id": ANY, "eos_id": ANY, **BLOCKS}
TEXT |= {"proj_bias": False, "proj_type": "linear", "hf_tokenizer_name": ANY, "tokenizer_mode": None}
TEXT |= {"tokenizer_kwargs": None, "hf_model_name": None, "hf_model_pretrained": ANY, "hf_proj_type": ANY}
TEXT |= {"hf_pooler_type": ANY}
PREPROCESS: dict[str, object] = {"size": ANY, "mode": "RGB", "mean": ANY, "std": ANY, "interpolation": "bicubic"}
PREPROCESS |= {"resize_mode": "shortest", "fill_color": ANY}


def named(name: str) -> CLIPConfig:
    """The configuration behind one of OpenCLIP's model names.

    >>> named("ViT-B-32").quick_gelu, named("ViT-B-32-quickgelu").quick_gelu
    (False, True)
    """
    plain = name.removesuffix(QUICK_GELU)
    if plain not in MODELS:
        raise ValueError(f"{name!r} is not an OpenCLIP model that minclip knows: choose one of {', '.join(MODELS)}")
    return replace(MODELS[plain], quick_gelu=name != plain)


def read_config(path: Path) -> CLIPConfig:
    """The configuration in an open_clip_config.json. ValueError for a model of another architecture, SigLIP's too."""
    content = read_json(path)
    model = content.get("model_cfg", content)  # open_clip's own model_configs/*.json are the inner part alone
    if isinstance(model, dict) and model.get("init_logit_bias") is not None:
        raise ValueError(
            f"{path}: init_logit_bias beside CLIP's own encoders: minclip loads a SigLIP with timm's attention "
            f"pooling (vit_..._siglip_...), and such a model not yet"
        )
    model = known(path, "model_cfg", model, TOP)
    vision = known(path, "vision_cfg", model.get("vision_cfg"), VISION)
    text = known(path, "text_cfg", model.get("text_cfg"), TEXT)
    pictures = known(path, "preprocess_cfg", content.get("preprocess_cfg", {}), PREPROCESS)

    def of_vision(name: str, default: int) -> int:
        """A number, or the one that open_clip takes where it is left out."""
        return count(path, f"vision_cfg.{name}", vision.get(name, default))

    def of_text(name: str, default: int) -> int:
        return count(path, f"text_cfg.{name}", text.get(name, default))

    size, width, layers = of_vision("image_size", 224), of_vision("width", 768), vision.get("layers", 12)
    stages = isinstance(layers, list) and len(layers) == 4  # of a ResNet, each with its blocks
    quick_gelu = model.get("quick_gelu", False)
    if not isinstance(quick_gelu, bool):
        raise ValueError(f"{path}: model_cfg.quick_gelu={shown(quick_gelu)} must be true or false")
    if pictures.get("size", size) not in (size, [size, size]):
        raise ValueError(
            f"{path}: preprocess_cfg.size={shown(pictures['size'])}, but vision_cfg.image_size={size}: "
            f"minclip prepares square pictures of the size that the model reads"
        )
    return CLIPConfig(
        embed_dim=count(path, "model_cfg.embed_dim", model.get("embed_dim")),
        image_size=size,
        patch_size=None if stages else of_vision("patch_size", 16),
        vision_width=width,
        vision_layers=tuple(count(path, "vision_cfg.layers", n) for n in layers) if stages else of_vision("layers", 12),
        text_width=of_text("width", 512),
        text_heads=of_text("heads", 8),
        text_layers=of_text("layers", 12),
        context_length=of_text("context_length", 77),
        vocab_size=of_text("vocab_size", 49408),
        vision_head_width=of_vision("head_width", HEAD_WIDTH),
        vision_mlp_width=stretched(path, "vision_cfg.mlp_ratio", vision.get("mlp_ratio", 4.0), width),
        quick_gelu=quick_gelu,
        pixel_mean=per_channel(path, "preprocess_cfg.mean", pictures.get("mean", MEAN)),
        pixel_std=per_channel(path, "preprocess_cfg.std", pictures.get("std", STD), least=1e-9),
    )


def config_content(config: CLIPConfig, own_words: bool) -> dict[str, Any]:
    """What read_config reads. own_words: the vocabulary is not OpenAI's, so the tokenizer lies beside the weights."""
    vision: dict[str, object] = {
        "image_size": config.image_size,
        "layers": config.vision_layers,
        "width": config.vision_width,
    }
    vision |= {"head_width": config.vision_head_width, "patch_size": config.patch_size}
    if config.vision_mlp_width is not None:
        vision["mlp_ratio"] = (config.vision_mlp_width + 0.5) / config.vision_width  # open_clip cuts the product off
    text: dict[str, object] = {
        "context_length": config.context_length,
        "vocab_size": config.vocab_size,
        "width": config.text_width,
    }
    text |= {"heads": config.text_heads, "layers": config.text_layers}
    if own_words:  # open_clip looks for it in the model's own folder, whatever the name
        text["hf_tokenizer_name"] = "minclip"
    model = {"embed_dim": config.embed_dim, "quick_gelu": config.quick_gelu, "vision_cfg": vision, "text_cfg": text}
    preprocess = {"mean": config.pixel_mean, "std": config.pixel_std, "interpolation": "bicubic"}
    return {"model_cfg": model, "preprocess_cfg": {**preprocess, "resize_mode": "shortest"}}


def is_openais(tokenizer: BPETokenizer) -> bool:
    """Has it OpenAI's vocabulary, which open_clip brings along?"""
    merges = "\n".join(" ".join(pair) for pair in tokenizer.merges)
    return hashlib.sha256(merges.encode("utf-8")).hexdigest() == OPENAI_MERGES_SHA256


def save_openclip(model: CLIP, tokenizer: BPETokenizer, folder: str | Path, dtype: Dtype = torch.float32) -> None:
    """Writes a folder that `open_clip.create_model_and_transforms("local-dir:FOLDER")` reads.

    dtype: of what multiplies, or of each tensor (written_weights.py); open_clip computes in float32 unless it is told.
    """
    folder, model = require_folder(folder), the_clip(model)
    refuse_changed(model, "OpenCLIP's")
    check_vocabulary(model.config, tokenizer)
    weights = written_weights(model, OPENAI, dtype)
    write_tokenizer(tokenizer, folder)
    write_json(folder / CONFIG_FILE, config_content(model.config, own_words=not is_openais(tokenizer)))
    write_tensors(folder / WEIGHTS_FILE, weights, {"format": "pt"})
