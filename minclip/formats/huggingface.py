"""Hugging Face's layout: a folder with config.json, preprocessor_config.json, tokenizer files and weights.

Only `CLIPModel`: two Transformers, of which the vision one is a ViT. Sources: transformers configuration_clip.py,
modeling_clip.py, image_processing_clip.py.
"""

from pathlib import Path

from minclip.config import CLIPConfig
from minclip.formats.files import write_tensors
from minclip.formats.json_files import read_json, write_json
from minclip.formats.names import HUGGING_FACE
from minclip.formats.tokenizer_files import write_tokenizer
from minclip.model import CLIP
from minclip.preprocess import MEAN, STD
from minclip.tokenizer import BPETokenizer

CONFIG_FILE = "config.json"
PREPROCESSOR_FILE = "preprocessor_config.json"
WEIGHTS_FILE = "model.safetensors"
QUICK_GELU = {"quick_gelu": True, "gelu": False}
BICUBIC = 3  # Pillow's number
# what a configuration file leaves out has these values there
TEXT_DEFAULTS = {"hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12, "num_attention_heads": 8}
TEXT_DEFAULTS |= {"max_position_embeddings": 77, "vocab_size": 49408, "eos_token_id": 49407}
VISION_DEFAULTS = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}
VISION_DEFAULTS |= {"image_size": 224, "patch_size": 32, "num_channels": 3}
BOTH_DEFAULTS = {"hidden_act": "quick_gelu", "layer_norm_eps": 1e-5}
OLD_EOS = 2  # in files from before July 2023; the reader then takes the largest id, as the original does


def read_config(path: Path) -> CLIPConfig:
    """The configuration in a config.json. ValueError for a model of another architecture."""
    content = read_json(path)
    kind = content.get("model_type")
    if kind != "clip":
        later = ", which minclip cannot load yet" if isinstance(kind, str) and kind.startswith("siglip") else ""
        raise ValueError(f'{path}: model_type is {kind!r}{later}; minclip loads "clip", a CLIPModel')
    text = BOTH_DEFAULTS | TEXT_DEFAULTS | part(path, content, "text_config")
    vision = BOTH_DEFAULTS | VISION_DEFAULTS | part(path, content, "vision_config")
    for name, one in (("text_config", text), ("vision_config", vision)):
        if one["hidden_act"] not in QUICK_GELU or one["layer_norm_eps"] != 1e-5:
            raise ValueError(
                f"{path}: {name} has hidden_act={one['hidden_act']!r} and layer_norm_eps={one['layer_norm_eps']!r}, "
                f'CLIP has "quick_gelu" or "gelu" and 1e-05: minclip cannot load it'
            )
    if text["hidden_act"] != vision["hidden_act"]:
        raise ValueError(f"{path}: text and vision have different hidden_act: minclip cannot load it")
    if text["eos_token_id"] not in (OLD_EOS, text["vocab_size"] - 1):
        raise ValueError(
            f"{path}: eos_token_id={text['eos_token_id']!r} is not the largest of {text['vocab_size']} ids: "
            f"minclip finds the end of a text by its id being the largest"
        )
    preprocessor = path.parent / PREPROCESSOR_FILE
    pictures = read_json(preprocessor) if preprocessor.is_file() else {}
    if pictures.get("resample", BICUBIC) != BICUBIC:
        raise ValueError(f"{preprocessor}: resample={pictures['resample']!r}, CLIP's is {BICUBIC}, bicubic")
    try:
        return CLIPConfig(
            embed_dim=content.get("projection_dim", 512),
            image_size=vision["image_size"],
            patch_size=vision["patch_size"],
            vision_width=vision["hidden_size"],
            vision_layers=vision["num_hidden_layers"],
            text_width=text["hidden_size"],
            text_heads=text["num_attention_heads"],
            text_layers=text["num_hidden_layers"],
            context_length=text["max_position_embeddings"],
            vocab_size=text["vocab_size"],
            vision_head_width=max(1, vision["hidden_size"] // vision["num_attention_heads"]),
            vision_mlp_width=vision["intermediate_size"],
            quick_gelu=QUICK_GELU[vision["hidden_act"]],
            pixel_mean=pictures.get("image_mean", MEAN),
            pixel_std=pictures.get("image_std", STD),
        )
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise ValueError(f"{path}: {error}") from error


def part(path: Path, content: dict, name: str) -> dict:
    """text_config or vision_config; an old file's text_config_dict goes before it."""
    found: dict = {}
    for key in (name, f"{name}_dict"):
        values = content.get(key) or {}
        if not isinstance(values, dict):
            raise ValueError(f"{path}: {key} must be an object, found {values!r}")
        found |= {entry: value for entry, value in values.items() if value is not None}
    return found


def config_content(config: CLIPConfig) -> dict:
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


def preprocessor_content(config: CLIPConfig) -> dict:
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


def save_huggingface(model: CLIP, tokenizer: BPETokenizer, folder: str | Path) -> None:
    """Writes a folder that `transformers.CLIPModel.from_pretrained(FOLDER)` and `CLIPProcessor` read."""
    folder = Path(folder)
    content = config_content(model.config)  # refuses before anything is written
    write_tokenizer(tokenizer, folder)
    write_json(folder / CONFIG_FILE, content)
    write_json(folder / PREPROCESSOR_FILE, preprocessor_content(model.config))
    write_tensors(folder / WEIGHTS_FILE, HUGGING_FACE.from_ours(model.state_dict()), {"format": "pt"})
