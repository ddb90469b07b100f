"""Whose parts train: what stands in minclip's pages and is not minclip's, as under `minclip train --mine`."""

import inspect
import sys
from collections.abc import Callable

from minclip.config import CLIPConfig, TrainConfig

# parts that are word for word minclip's, which therefore stay in their place; the course's `installed` says which
identical: set[str] = set()

# pages that no command calls: what the commands call instead, which tests hold to the page
CALLED_INSTEAD = {
    "cosine_similarity": "rows of length 1 are multiplied",
    "count_pairs": "engine/bpe.py counts while it merges",
    "train_bpe": "engine/bpe.py learns the same merges faster",
    "patchify": "PatchEmbedding cuts and multiplies at once",
    "train": "experiments/loop.py also evaluates, saves and resumes",
    "top_k_correct": "ties.py, for all measures",
    "bootstrap_interval": "evaluation/intervals.py, for answers in groups, too",
    "search": "Index keeps unit vectors",
    "recall_at_k": "engine/recall.py counts in chunks",
    "composed_query": "it belongs to the search page, which has no --mine",
    "MAPHead": "a SigLIP alone has one, and minclip train builds a CLIP",
    "tip_adapter_logits": "no command learns from shots",
    "ClipAdapter": "no command learns from shots",
    "encode_embeddings": "no command learns prompts",
    "patch_heat": "no command looks inside",
    "value_tokens": "no command looks inside",
    "attention_rollout": "no command looks inside",
    "occlusion_heat": "no command looks inside",
    "mask_iou": "no command looks inside",
    "mixed": "--mix calls it, after the training",
}


def of_siglip(config: TrainConfig, model: CLIPConfig) -> bool:
    return config.loss == "siglip"


def of_masking(config: TrainConfig, model: CLIPConfig) -> bool:
    return config.patch_dropout > 0


def of_short_texts(config: TrainConfig, model: CLIPConfig) -> bool:
    return config.short_texts is not None


def of_a_resnet(config: TrainConfig, model: CLIPConfig) -> bool:
    return model.is_resnet


def of_a_vit(config: TrainConfig, model: CLIPConfig) -> bool:
    return not model.is_resnet


# parts that some trainings call and others do not: which, in words, and as a question about the run
CALLED_BY_SOME: dict[str, tuple[str, Callable[[TrainConfig, CLIPConfig], bool]]] = {
    "siglip_loss": ("--loss siglip", of_siglip),
    "prior_bias": ("--loss siglip", of_siglip),
    "kept_patches": ("--patch-dropout", of_masking),
    "keep_tokens": ("--patch-dropout", of_masking),
    "shorten": ("--short-texts", of_short_texts),
    "Bottleneck": ("a ResNet", of_a_resnet),
    "stage": ("a ResNet", of_a_resnet),
    "AttentionPool": ("a ResNet", of_a_resnet),
    "ModifiedResNet": ("a ResNet", of_a_resnet),
    "PatchEmbedding": ("a ViT", of_a_vit),
    "VisionTransformer": ("a ViT", of_a_vit),
}


def replaced_parts(config: TrainConfig, model: CLIPConfig) -> list[str]:
    """The functions and classes of this run that something else has put in the place of minclip's: names, sorted.

    Parts that are minclip's word for word belong to them, and parts that the run does not call do not.
    A page's own parts, and what it imports of other pages, know minclip as their home.
    """
    found = set(identical)
    for name, module in list(sys.modules.items()):
        if not name.startswith("minclip.") or name.startswith(("minclip.course", "minclip.classroom")):
            continue
        for key, value in list(vars(module).items()):
            home = getattr(value, "__module__", None) or ""
            if (inspect.isfunction(value) or inspect.isclass(value)) and home.partition(".")[0] == "my_minclip":
                found.add(key)
    idle = {name for name, (_, calls) in CALLED_BY_SOME.items() if not calls(config, model)}
    return sorted(found - CALLED_INSTEAD.keys() - idle)


def refuse_other_parts(earlier: list[str], config: TrainConfig, model: CLIPConfig) -> None:
    """ValueError where a run was begun with other parts than those that are there now."""
    now = replaced_parts(config, model)
    if now == earlier:
        return
    if earlier and not now:
        raise ValueError(f"this run was begun with your {', '.join(earlier)}: continue it with --mine")
    with_what = f"with your {', '.join(earlier)}" if earlier else "without parts of yours"
    way = "leave out --mine, or begin a new run" if not earlier else "bring the same parts back, or begin a new run"
    raise ValueError(f"this run was begun {with_what}, and now there is your {', '.join(now)}: {way}")
