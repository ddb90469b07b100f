"""Whose parts train: what stands in minclip's pages and is not minclip's, as under `minclip train --mine`."""

import inspect
import sys

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
    "siglip_loss": "--loss siglip alone calls it",
    "prior_bias": "--loss siglip alone calls it",
    "MAPHead": "a SigLIP alone has one, and minclip train builds a CLIP",
    "tip_adapter_logits": "no command learns from shots",
    "ClipAdapter": "no command learns from shots",
    "encode_embeddings": "no command learns prompts",
    "kept_patches": "--patch-dropout alone calls it",
    "keep_tokens": "--patch-dropout alone calls it",
    "shorten": "--short-texts alone calls it",
    "patch_heat": "no command looks inside",
    "value_tokens": "no command looks inside",
    "attention_rollout": "no command looks inside",
    "occlusion_heat": "no command looks inside",
    "mask_iou": "no command looks inside",
    "mixed": "--mix calls it, after the training",
}


def replaced_parts() -> list[str]:
    """The names of functions and classes that something else has put in the place of minclip's, sorted.

    Parts that are minclip's word for word belong to them, and parts that no command calls do not.
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
    return sorted(found - CALLED_INSTEAD.keys())


def refuse_other_parts(earlier: list[str]) -> None:
    """ValueError where a run was begun with other parts than those that are there now."""
    now = replaced_parts()
    if now == earlier:
        return
    if earlier and not now:
        raise ValueError(f"this run was begun with your {', '.join(earlier)}: continue it with --mine")
    with_what = f"with your {', '.join(earlier)}" if earlier else "without parts of yours"
    way = "leave out --mine, or begin a new run" if not earlier else "bring the same parts back, or begin a new run"
    raise ValueError(f"this run was begun {with_what}, and now there is your {', '.join(now)}: {way}")
