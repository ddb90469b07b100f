"""The cases of what reads and writes files: checkpoint, search."""

import warnings
from functools import cache
from pathlib import Path

import torch
from fuzz_cases import FILES, Case, arguments, folder
from fuzz_models import model
from fuzz_pictures import folder_of_pictures
from fuzz_texts import tokenizer
from fuzz_values import tensors
from hypothesis import strategies as st
from PIL import Image

from minclip.checkpoint import load, save, save_openai, to_openai_state_dict
from minclip.config import CLIPConfig
from minclip.model import CLIP
from minclip.preprocess import image_transform
from minclip.search import FolderIndex, embed
from minclip.search.facts import Facts

OWN = {"model": st.builds(model), "tokenizer": tokenizer(77)}


READ = {"model": st.builds(model), "preprocess": image_transform(8)}


@cache
def openai_like() -> CLIP:
    """A model that the layouts of OpenAI, OpenCLIP and Hugging Face can say."""
    torch.manual_seed(0)
    sizes = {
        "embed_dim": 8,
        "image_size": 8,
        "patch_size": 4,
        "vision_width": 64,
        "vision_layers": 1,
        "text_width": 64,
        "text_heads": 1,
    }
    return CLIP(CLIPConfig(**sizes, text_layers=1, context_length=77, vocab_size=len(tokenizer()))).eval()


@cache
def saved() -> Path:
    save(model(), tokenizer(77), folder() / "kept.safetensors")
    return folder() / "kept.safetensors"


@cache
def saved_by_openai() -> Path:
    save_openai(openai_like(), tokenizer(77), folder() / "openai.safetensors")
    return folder() / "openai.safetensors"


@cache
def embedded() -> Path:
    embed(folder_of_pictures(), model(), image_transform(8), out=folder() / "features.safetensors")
    return folder() / "features.safetensors"


def comes_back(result, given):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of OpenAI's layout, which holds no configuration
        again = load(given["path"])[0]
    assert all(a.equal(b) for a, b in zip(again.parameters(), given["model"].parameters(), strict=True))


def is_loaded(result, given):
    clip, preprocess, words = result
    pixels, tokens = preprocess(Image.new("L", (3, 9)))[None], words(["a red car"])
    assert clip.encode_image(pixels).isfinite().all() and clip.encode_text(tokens).isfinite().all()
    assert not clip.training


def is_embedded(result, given):
    assert len(result) == len(result.features) == 8 and result.names == sorted(result.names)


def in_folder():
    return FolderIndex(torch.eye(2, 3), [Path("a"), Path("b")], Path(), Facts())


EITHER = {"name_or_path": ("model", "not", "is"), "like": ("name_or_path", "model", "is"), "path": ("is", "folder")}

CASES = [
    Case("checkpoint.available_models", arguments(), lambda result, given: "picturebook-tiny" in result),
    Case(
        "checkpoint.save",
        arguments(**OWN, path=st.builds(lambda: folder() / "saved.safetensors"), compact=False),
        comes_back,
        FILES,
        cost=2,
    ),
    Case(
        "checkpoint.load",
        arguments(
            name_or_path=st.builds(saved),
            device="cpu",
            dtype=st.sampled_from([None, torch.float32]),
            config=None,
            image_size=st.sampled_from([None, 8, 12]),
            context_length=st.sampled_from([None, 77]),
        ),
        is_loaded,
        FILES,
        EITHER,
        cost=2,
    ),
    Case(
        "checkpoint.load_into",
        arguments(model=st.builds(lambda: CLIP(model().config)), name_or_path=st.builds(saved)),
        is_loaded,
        FILES,
        EITHER,
        cost=2,
    ),
    Case(
        "checkpoint.resized",
        arguments(
            model=st.builds(model),
            image_size=st.sampled_from([None, 4, 12]),
            context_length=st.sampled_from([None, 3, 9]),
        ),
        lambda result, given: result.config.image_size == (given["image_size"] or 8),
    ),
    Case(
        "checkpoint.save_openai",
        arguments(
            model=st.builds(openai_like),
            tokenizer=tokenizer(77),
            path=st.builds(lambda: folder() / "a.safetensors"),
            dtype=torch.float32,
        ),
        comes_back,
        FILES,
        cost=2,
    ),
    Case(
        "checkpoint.save_openclip",
        arguments(
            model=st.builds(openai_like),
            tokenizer=tokenizer(77),
            folder=st.builds(lambda: folder() / "openclip"),
            dtype=torch.float32,
        ),
        lambda result, given: is_loaded(load(given["folder"]), given),
        FILES,
        cost=4,
    ),
    Case(
        "checkpoint.save_huggingface",
        arguments(
            model=st.builds(openai_like),
            tokenizer=tokenizer(77),
            folder=st.builds(lambda: folder() / "huggingface"),
            dtype=torch.float32,
        ),
        lambda result, given: is_loaded(load(given["folder"]), given),
        FILES,
        cost=4,
    ),
    Case(
        "checkpoint.save_like",
        arguments(
            model=st.builds(openai_like),
            tokenizer=tokenizer(77),
            path=st.builds(lambda: folder() / "b.safetensors"),
            like=st.builds(saved_by_openai),
        ),
        comes_back,
        FILES,
        EITHER,
        cost=2,
    ),
    Case(
        "checkpoint.to_openai_state_dict",
        arguments(model=st.builds(openai_like)),
        lambda result, given: "visual.proj" in result,
    ),
    Case(
        "checkpoint.from_openai_state_dict",
        st.builds(lambda: {"state_dict": to_openai_state_dict(openai_like())}),
        lambda result, given: result.config.embed_dim == 8,
        words={"state_dict": ("weights",)},
    ),
    Case(
        "search.embed",
        arguments(
            folder=st.builds(folder_of_pictures),
            **READ,
            out=None,
            as_viewed=st.booleans(),
            batch_size=st.integers(1, 3),
            progress=False,
        ),
        is_embedded,
        FILES,
        cost=4,
    ),
    Case("search.read_features", arguments(path=st.builds(embedded), left_out=[]), is_embedded, FILES),
    Case("search.Features", arguments(features=tensors(2, 3), names=["a", "b"], left_out=[])),
    Case(
        "search.index_folder",
        arguments(
            folder=st.builds(folder_of_pictures),
            **READ,
            file=st.builds(lambda: folder() / "index.safetensors"),
            exclude=st.sampled_from([None, ["*.gif"]]),
            batch_size=st.integers(1, 3),
        ),
        lambda result, given: len(result) == 8,
        FILES,
        {"preprocess": ("another model",)},
        cost=4,
    ),
    Case(
        "search.FolderIndex",
        st.builds(
            lambda f: {"features": f, "names": [Path("a"), Path("b")], "folder": Path(), "facts": Facts()},
            tensors(2, 3),
        ),
        lambda result, given: isinstance(result, FolderIndex),
        apart=("folder", "facts"),
    ),
    *(
        Case(
            f"search.FolderIndex.{method}",
            arguments(self=st.builds(in_folder), query=tensors(3), k=st.integers(1, 3)),
            lambda result, given: len(result) == min(2, given["k"]),
        )
        for method in ("search", "nearest")
    ),
]
