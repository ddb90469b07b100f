"""Small SigLIPs of other libraries with random weights, and a small tokenizer, for the tests that compare with them."""

import copy
import json
import warnings
from pathlib import Path

import torch
from peer_packages import installed
from safetensors.torch import save_file
from torch import nn

TEXTS = ["a red car", "Two BLUE fish, in the_sea!", "a small green tree and a dog at night", "a"]
WIDTH, TEXT_WIDTH, LENGTH, VOCABULARY = 48, 32, 12, 120
MINI = "mini"  # the size of timm's model that is registered here: vit_mini_patch8_siglip_32
SCALES = {"usual": 0.05, "variances below epsilon": 0.003, "peaked attention": 0.3}


def spread(model: nn.Module, scale: float) -> nn.Module:
    """The model with weights of this spread around their usual mean: 1 for a norm's gain, else 0."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            one = 1.0 if "norm" in name.split(".")[-2:][0] or ".ln_" in f".{name}" else 0.0
            one = one if name.endswith("weight") else 0.0
            tensor.copy_(one + scale * torch.randn(tensor.shape, generator=generator).clamp(-2, 2))
        model.logit_scale.fill_(2.0)
        model.logit_bias.fill_(-3.0)
    return model.eval()


def hugging_faces(folder: Path, scale: float = 0.05, **changes: object) -> nn.Module:
    """A SiglipModel, saved into the folder. changes: of both encoders' configurations."""
    transformers = installed("transformers")
    both = {"num_hidden_layers": 2, **changes}
    text = {"hidden_size": TEXT_WIDTH, "intermediate_size": 80, "num_attention_heads": 2, "projection_size": WIDTH}
    vision = {"hidden_size": WIDTH, "intermediate_size": 112, "num_attention_heads": 3}
    config = transformers.SiglipConfig(
        text_config={**text, "vocab_size": VOCABULARY, "max_position_embeddings": LENGTH, **both},
        vision_config={**vision, "image_size": 32, "patch_size": 8, **both},
    )
    model = spread(transformers.SiglipModel(config), scale)
    model.save_pretrained(folder)
    return model


def openclip_content(tanh: bool = False) -> dict:
    """An open_clip_config.json of a small SigLIP."""
    text = {"context_length": LENGTH, "vocab_size": VOCABULARY, "width": TEXT_WIDTH, "heads": 2, "layers": 2}
    text |= {"mlp_ratio": 2.5, "no_causal_mask": True, "proj_bias": True, "pool_type": "last"}
    text |= {"norm_kwargs": {"eps": 1e-6}, "tokenizer_kwargs": {"clean": "canonicalize"}}
    text |= {"act_kwargs": {"approximate": "tanh"}} if tanh else {}
    vision = {"image_size": 32, "timm_model_name": f"vit_{MINI}_patch8_siglip_32", "timm_model_pretrained": False}
    vision |= {"timm_pool": "map", "timm_proj": "none"}
    half = [0.5, 0.5, 0.5]
    return {
        "model_cfg": {
            "embed_dim": WIDTH, "init_logit_bias": -10, "custom_text": True, "vision_cfg": vision, "text_cfg": text,
        },
        "preprocess_cfg": {"mean": half, "std": half, "interpolation": "bicubic", "resize_mode": "squash"},
    }  # fmt: skip


def arguments(model_cfg: dict) -> dict:
    """Of open_clip's class: its factory has used `custom_text` up."""
    return {name: copy.deepcopy(value) for name, value in model_cfg.items() if name != "custom_text"}


def openclips(folder: Path, monkeypatch, scale: float = 0.05, tanh: bool = False) -> nn.Module:
    """OpenCLIP's SigLIP with a small ViT of timm's, saved into the folder."""
    open_clip = installed("open_clip")
    from timm.models import register_model
    from timm.models.vision_transformer import VisionTransformer

    from minclip.formats import siglip_configs

    act = "gelu_tanh" if tanh else "gelu"
    monkeypatch.setitem(siglip_configs.TIMM, MINI, (WIDTH, 2, 3, 112, act))

    def vit_mini_patch8_siglip_32(pretrained: bool = False, **kwargs: object) -> VisionTransformer:
        kwargs = {name: value for name, value in kwargs.items() if not name.startswith(("pretrained", "cache"))}
        sizes = {"img_size": 32, "patch_size": 8, "embed_dim": WIDTH, "depth": 2, "num_heads": 3}
        sizes |= {"mlp_ratio": 112 / WIDTH + 1e-6, "class_token": False, "act_layer": act}
        return VisionTransformer(**{**sizes, **kwargs})

    vit_mini_patch8_siglip_32.__module__ = "timm.models.vision_transformer"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is registered again
        register_model(vit_mini_patch8_siglip_32)
    content = openclip_content(tanh)
    model = spread(open_clip.model.CustomTextCLIP(**arguments(content["model_cfg"])), scale)
    folder.mkdir(exist_ok=True)
    (folder / "open_clip_config.json").write_text(json.dumps(content), encoding="utf-8")
    state = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(state, folder / "open_clip_model.safetensors")
    return model


def write_tokenizer(folder: Path, pad: str = "</s>") -> None:
    """A small vocabulary of sentencepiece's kind, as T5's fast tokenizer keeps it."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    names = ["<pad>", "</s>", "<unk>"]
    trainer = trainers.UnigramTrainer(
        vocab_size=VOCABULARY - 20, special_tokens=names, unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator([text.lower() for text in TEXTS] * 50, trainer)
    end = [("</s>", tokenizer.token_to_id("</s>"))]
    tokenizer.post_processor = processors.TemplateProcessing(single=["$A", "</s>"], special_tokens=end)
    folder.mkdir(exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "</s>", "pad_token": pad, "unk_token": "<unk>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
