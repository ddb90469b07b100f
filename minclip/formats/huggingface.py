"""Hugging Face's layout: a folder with config.json, a file on preparing pictures, tokenizer files and weights.

Only `CLIPModel`: two Transformers, of which the vision one is a ViT. Sources: transformers configuration_clip.py,
modeling_clip.py, image_processing_clip.py.
"""

from pathlib import Path
from typing import Any

import torch

from minclip.config import CLIPConfig
from minclip.formats.changed_models import refuse_changed, the_clip
from minclip.formats.json_files import count, per_channel, read_json, shown, write_json
from minclip.formats.tokenizer_files import check_vocabulary, write_tokenizer
from minclip.formats.weight_names import HUGGING_FACE
from minclip.formats.weights_files import require_folder, write_sharded
from minclip.formats.written_weights import Dtype, written_weights
from minclip.model import CLIP
from minclip.preprocess import MEAN, STD
from minclip.tokenizer import BPETokenizer

CONFIG_FILE = "config.json"
PROCESSOR_FILE, PREPROCESSOR_FILE = "processor_config.json", "preprocessor_config.json"
QUICK_GELU = {"quick_gelu": True, "gelu": False}
BICUBIC = 3  # Pillow's number
# what a configuration file leaves out has these values there
TEXT_SIZES = {"hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12, "num_attention_heads": 8}
TEXT_SIZES |= {"max_position_embeddings": 77, "vocab_size": 49408}
VISION_SIZES = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}
VISION_SIZES |= {"image_size": 224, "patch_size": 32, "num_channels": 3}
BOTH_DEFAULTS = {"hidden_act": "quick_gelu", "layer_norm_eps": 1e-5}
EMBED_DIM, EOS = 512, 49407
# entries that say how pictures are prepared, and what preprocess.image_transform does
ALWAYS: dict[str, list[Any]] = {name: [True] for name in ("do_resize", "do_center_crop", "do_rescale", "do_normalize")}
ALWAYS |= {"resample": [BICUBIC], "rescale_factor": [1 / 255], "default_to_square": [False]}
OLD_EOS = 2  # in files from before July 2023; the reader then takes the largest id, as the original does


def read_config(path: Path) -> CLIPConfig:
    """The configuration in a config.json. ValueError for a model of another architecture."""
    content = read_json(path)
    kind = content.get("model_type")
    if kind != "clip":
        raise ValueError(
            f'{path}: model_type is {shown(kind)}; minclip loads "clip", a CLIPModel, and "siglip", a SiglipModel whole'
        )
    text = part(path, content, "text_config", TEXT_SIZES)
    vision = part(path, content, "vision_config", VISION_SIZES)
    if text["hidden_act"] != vision["hidden_act"]:
        raise ValueError(f"{path}: text and vision have different hidden_act: minclip cannot load it")
    eos = text.get("eos_token_id", EOS)
    if eos not in (OLD_EOS, text["vocab_size"] - 1):
        raise ValueError(
            f"{path}: text_config.eos_token_id={shown(eos)} is not the largest of {text['vocab_size']} ids: "
            f"minclip finds the end of a text by its id being the largest"
        )
    mean, std = read_preparation(path.parent, vision["image_size"])
    return CLIPConfig(
        embed_dim=count(path, "projection_dim", content.get("projection_dim", EMBED_DIM)),
        **both_sizes(text, vision),
        quick_gelu=QUICK_GELU[vision["hidden_act"]],
        pixel_mean=mean,
        pixel_std=std,
    )


def both_sizes(text: dict[str, Any], vision: dict[str, Any]) -> dict[str, Any]:
    """The sizes in a checked text_config and vision_config under CLIPConfig's names; SigLIP's files have the same."""
    return {
        "image_size": vision["image_size"],
        "patch_size": vision["patch_size"],
        "vision_width": vision["hidden_size"],
        "vision_layers": vision["num_hidden_layers"],
        "text_width": text["hidden_size"],
        "text_heads": text["num_attention_heads"],
        "text_layers": text["num_hidden_layers"],
        "context_length": text["max_position_embeddings"],
        "vocab_size": text["vocab_size"],
        "vision_head_width": vision["hidden_size"] // vision["num_attention_heads"],
        "vision_mlp_width": vision["intermediate_size"],
    }


def part(path: Path, content: dict[str, Any], name: str, sizes: dict[str, int]) -> dict[str, Any]:
    """text_config or vision_config, checked, with the defaults of what it leaves out.

    An old file's text_config_dict stands in its place, whole: what that leaves out has its default, too.
    """
    key = name if content.get(f"{name}_dict") is None else f"{name}_dict"
    given = content.get(key)
    if not isinstance(given, dict | None):
        raise ValueError(f"{path}: {key} must be an object, found {shown(given)}")
    values = BOTH_DEFAULTS | sizes | {entry: value for entry, value in (given or {}).items() if value is not None}
    for entry in sizes:
        count(path, f"{name}.{entry}", values[entry])
    act, eps = values["hidden_act"], values["layer_norm_eps"]
    if act not in list(QUICK_GELU) or eps != BOTH_DEFAULTS["layer_norm_eps"]:
        raise ValueError(
            f"{path}: {name} has hidden_act={shown(act)} and layer_norm_eps={shown(eps)}, "
            f'CLIP has "quick_gelu" or "gelu" and 1e-05: minclip cannot load it'
        )
    if values["hidden_size"] % values["num_attention_heads"]:
        raise ValueError(
            f"{path}: {name}.hidden_size={values['hidden_size']} must be a multiple of "
            f"num_attention_heads={values['num_attention_heads']}"
        )
    return values


def read_preparation(folder: Path, image_size: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """(mean, std) per channel, from a folder's processor_config.json (transformers 5) or preprocessor_config.json.

    ValueError where pictures are prepared otherwise than preprocess.image_transform does it.
    """
    path, given = preparation_in(folder, ALWAYS | squares(image_size))
    mean = per_channel(path, "image_mean", given.get("image_mean", MEAN))
    return mean, per_channel(path, "image_std", given.get("image_std", STD), least=1e-9)


def preparation_in(folder: Path, allowed: dict[str, list[Any]]) -> tuple[Path, dict[str, Any]]:
    """The file on preparing pictures, and its entries. ValueError for a value that is not among the allowed."""
    path = folder / PROCESSOR_FILE
    given = read_json(path).get("image_processor") if path.is_file() else None
    if given is None:
        path = folder / PREPROCESSOR_FILE
        given = read_json(path) if path.is_file() else {}
    if not isinstance(given, dict):
        raise ValueError(f"{path}: image_processor must be an object, found {shown(given)}")
    for name, values in allowed.items():
        if name in given and given[name] not in values:
            raise ValueError(
                f"{path}: {name}={shown(given[name])}, the model's pictures are prepared with {values[-1]!r}: "
                f"minclip cannot do otherwise"
            )
    return path, given


def squares(image_size: int) -> dict[str, list[Any]]:
    """The short side becomes this size, and the middle is cut out. Height and width in "size" would squash pictures."""
    square = {"height": image_size, "width": image_size}
    return {"size": [image_size, {"shortest_edge": image_size}], "crop_size": [image_size, square]}


def config_content(config: CLIPConfig) -> dict[str, Any]:
    """What read_config reads. ValueError for a ResNet."""
    if config.is_resnet:
        raise ValueError(
            f"vision_layers={config.vision_layers} makes a ResNet, Hugging Face has none for CLIP: write OpenCLIP's"
        )
    activation = "quick_gelu" if config.quick_gelu else "gelu"
    text = {
        "model_type": "clip_text_model",
        "hidden_size": config.text_width,
        "intermediate_size": 4 * config.text_width,
        "num_hidden_layers": config.text_layers,
        "num_attention_heads": config.text_heads,
        "max_position_embeddings": config.context_length,
        "vocab_size": config.vocab_size,
        "bos_token_id": config.vocab_size - 2,
        "eos_token_id": config.vocab_size - 1,
        "pad_token_id": config.vocab_size - 1,
        "projection_dim": config.embed_dim,
        "hidden_act": activation,
        "layer_norm_eps": 1e-5,
    }
    vision = {
        "model_type": "clip_vision_model",
        "hidden_size": config.vision_width,
        "intermediate_size": config.vision_mlp_width or 4 * config.vision_width,
        "num_hidden_layers": config.vision_layers,
        "num_attention_heads": config.vision_heads,
        "image_size": config.image_size,
        "patch_size": config.patch_size,
        "projection_dim": config.embed_dim,
        "hidden_act": activation,
        "layer_norm_eps": 1e-5,
    }
    return {
        "architectures": ["CLIPModel"],
        "model_type": "clip",
        "projection_dim": config.embed_dim,
        "text_config": text,
        "vision_config": vision,
    }


def preprocessor_content(config: CLIPConfig) -> dict[str, Any]:
    """The same preparation of pictures as preprocess.image_transform, in their words."""
    return {
        "image_processor_type": "CLIPImageProcessor",
        "do_convert_rgb": True,
        "do_resize": True,
        "size": {"shortest_edge": config.image_size},
        "resample": BICUBIC,
        "do_center_crop": True,
        "crop_size": {"height": config.image_size, "width": config.image_size},
        "do_rescale": True,
        "do_normalize": True,
        "image_mean": config.pixel_mean,
        "image_std": config.pixel_std,
    }


def save_huggingface(model: CLIP, tokenizer: BPETokenizer, folder: str | Path, dtype: Dtype = torch.float32) -> None:
    """Writes a folder that `transformers.CLIPModel.from_pretrained(FOLDER)` and `CLIPProcessor` read.

    dtype: of all tensors, as transformers writes them, or of each (written_weights.py). Weights of more than 5 GB
    become several files and an index.
    """
    folder, model = require_folder(folder), the_clip(model)
    refuse_changed(model, "Hugging Face's")
    content = config_content(model.config)  # refuses before anything is written
    weights = written_weights(model, HUGGING_FACE, dtype, whole=True)
    content["dtype"] = str(weights["visual_projection.weight"].dtype).removeprefix("torch.")
    check_vocabulary(model.config, tokenizer)
    write_tokenizer(tokenizer, folder)
    write_json(folder / CONFIG_FILE, content)
    write_json(folder / PREPROCESSOR_FILE, preprocessor_content(model.config))
    (folder / PROCESSOR_FILE).unlink(missing_ok=True)  # an earlier model's, which would go before ours
    write_sharded(folder, weights)
