"""Models of the Hugging Face Hub, by the name hf-hub:OWNER/NAME or hf-hub:OWNER/NAME@REVISION.

`minclip fetch` brings one into the cache of the package huggingface_hub, which other programs share. `load` reads it
from there and asks no network. That package's own settings hold: HF_HOME and HF_HUB_CACHE (where the cache is),
HF_HUB_OFFLINE=1 (no network), HF_ENDPOINT (another server), HF_TOKEN (for models that ask for a login).
"""

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from minclip.formats import huggingface, openclip, tokenizer_files
from minclip.formats.model_files import WEIGHTS_FILES

PREFIX = "hf-hub:"  # as open_clip and timm write it
PART = r"\w(?:[\w.-]*\w)?"  # of a repository's name
NAME = re.compile(rf"({PART}/{PART})(?:@([\w-][\w./-]*))?", re.ASCII)
HUGGING_FACES, OPENCLIPS = WEIGHTS_FILES
SHARD = re.compile(r"(?:model|pytorch_model)-\d{5}-of-\d{5}\.(?:safetensors|bin)")
BESIDE = (  # what is fetched besides the weights, where a repository has it
    openclip.CONFIG_FILE,
    huggingface.CONFIG_FILE,
    huggingface.PROCESSOR_FILE,
    huggingface.PREPROCESSOR_FILE,
    tokenizer_files.TOKENIZER_FILE,
    tokenizer_files.VOCAB_FILE,
    tokenizer_files.MERGES_FILE,
    tokenizer_files.CONFIG_FILE,
    tokenizer_files.SPECIAL_FILE,
    tokenizer_files.ADDED_FILE,
)


class HubModel(NamedTuple):
    """A repository of the Hub, at one of its revisions: a branch, a tag, or a commit."""

    repository: str  # OWNER/NAME
    revision: str

    def __str__(self) -> str:
        return f"{PREFIX}{self.repository}" + ("" if self.revision == "main" else f"@{self.revision}")


def is_hub_name(name: object) -> bool:
    return str(name).startswith(PREFIX)


def hub_model(name: str) -> HubModel:
    """The repository and revision that a name tells. ValueError where it tells none."""
    found = NAME.fullmatch(name.removeprefix(PREFIX))
    if found is None or ".." in name or "--" in name:
        raise ValueError(
            f"{name!r:.200} names no model of the Hub: write {PREFIX}OWNER/NAME or {PREFIX}OWNER/NAME@REVISION"
        )
    return HubModel(found[1], found[2] or "main")


def hub_package() -> ModuleType:
    """huggingface_hub. ValueError with the pip line where it is not installed."""
    try:
        return import_module("huggingface_hub")
    except ImportError as error:
        raise ValueError(
            'models of the Hub need the package huggingface_hub: pip install "minclip[hub]" '
            '(in a clone: pip install -e ".[hub]")'
        ) from error


def chosen_weights(files: list[str]) -> str | None:
    """The one of a repository's files that has the weights; None where none of them has a CLIP's.

    OpenCLIP's where its configuration is there: beside them, model.safetensors may be the image encoder alone.
    """
    groups = (OPENCLIPS, HUGGING_FACES) if openclip.CONFIG_FILE in files else (HUGGING_FACES,)
    return next((name for group in groups for name in group if name in files), None)


def cached(model: HubModel) -> Path | None:
    """The weights file in the cache, with what belongs to it beside; None where it is not there. Asks no network."""
    hub = hub_package()

    def here(name: str) -> Path | None:
        path = hub.try_to_load_from_cache(model.repository, name, revision=model.revision)
        return Path(path) if isinstance(path, str) else None

    found = {name: path for name in (*OPENCLIPS, *HUGGING_FACES, openclip.CONFIG_FILE) if (path := here(name))}
    weights = chosen_weights(list(found))
    return found[weights] if weights else None


def find_on_hub(name: str) -> Path:
    """The weights file of a model that was fetched. FileNotFoundError that says how to fetch it."""
    model = hub_model(name)
    path = cached(model)
    if path is None:
        raise FileNotFoundError(f"{model} is not in the cache of huggingface_hub yet: run `minclip fetch {model}`")
    return path


def fetch_from_hub(name: str) -> tuple[Path, str]:
    """Brings a model into the cache; returns its weights file, and why the network was not asked, if it was not.

    Only what minclip reads is fetched: one file of weights or its shards, configurations, and the tokenizer's files.
    The weights come last: where they are, the rest is, too. What is in the cache already is not fetched again.
    Raises ValueError for a name that cannot be and for a repository without a CLIP, OSError where the Hub does not
    give it and the cache has not got it.
    """
    model, hub = hub_model(name), hub_package()
    try:
        info = hub.HfApi().model_info(model.repository, revision=model.revision)
        files = [sibling.rfilename for sibling in info.siblings or ()]
        weights = chosen_weights(files)
        if weights is not None:
            shards = [file for file in files if SHARD.fullmatch(file)] if weights.endswith(".index.json") else []
            for file in (*(file for file in BESIDE if file in files), *shards, weights):
                path = hub.hf_hub_download(model.repository, file, revision=model.revision)
            return Path(path), ""
    except Exception as error:  # of the network, of the Hub's answers, of the disk: its own kinds, one for each
        reason = first_sentence(error)
        if (here := cached(model)) is not None:
            return here, reason
        raise OSError(f"{model} was not fetched, and it is not in the cache of huggingface_hub: {reason}") from error
    shown = ", ".join(sorted(files)[:8])
    raise ValueError(
        f"{model} has no weights that minclip reads: looked for {', '.join((*OPENCLIPS, *HUGGING_FACES))}; it has "
        f"{shown}{' ...' if len(files) > 8 else ''}"
    )


def first_sentence(error: Exception) -> str:
    """The kind of an error, and the first lines of what it says."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
