"""Models by name: those that come with minclip, and OpenAI's nine with their addresses and checksums.

Files only: reading them is checkpoint.py's, the fetching itself data/download.py's. Nothing is fetched unasked.
Names and SHA-256: openai/CLIP clip/clip.py; the same in open_clip 3.3 pretrained.py (its OpenAI rows).
"""

import os
from dataclasses import dataclass
from pathlib import Path

from minclip.data.download import fetch
from minclip.data.paths import clone_root


@dataclass(frozen=True)
class OnlineFile:
    """A file as its publisher offers it."""

    url: str
    sha256: str
    megabytes: float  # 10^6 bytes, to tell how long it takes; only the checksum decides

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]


def at_openai(file: str, megabytes: int, sha256: str) -> OnlineFile:
    """OpenAI's addresses carry the checksum."""
    return OnlineFile(f"https://openaipublic.azureedge.net/clip/models/{sha256}/{file}", sha256, megabytes)


OPENAI = {
    "RN50": at_openai("RN50.pt", 256, "afeb0e10f9e5a86da6080e35cf09123aca3b358a0c3e3b6c78a7b63bc04b6762"),
    "RN101": at_openai("RN101.pt", 292, "8fa8567bab74a42d41c5915025a8e4538c3bdbe8804a470a72f30b0d94fab599"),
    "RN50x4": at_openai("RN50x4.pt", 422, "7e526bd135e493cef0776de27d5f42653e6b4c8bf9e0f653bb11773263205fdd"),
    "RN50x16": at_openai("RN50x16.pt", 661, "52378b407f34354e150460fe41077663dd5b39c54cd0bfd2b27167a4a06ec9aa"),
    "RN50x64": at_openai("RN50x64.pt", 1354, "be1cfb55d75a9666199fb2206c106743da0f6468c9d327f3e0d0a543a9919d9c"),
    "ViT-B/32": at_openai("ViT-B-32.pt", 354, "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af"),
    "ViT-B/16": at_openai("ViT-B-16.pt", 351, "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f"),
    "ViT-L/14": at_openai("ViT-L-14.pt", 933, "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836"),
    "ViT-L/14@336px": at_openai(
        "ViT-L-14-336px.pt", 934, "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02"
    ),
}
# the merges that all nine read text with; one commit of openai/CLIP, so that the address keeps its content
MERGES = OnlineFile(
    "https://raw.githubusercontent.com/openai/CLIP/d05afc436d78f1c48dc0dbf8e5980a9d471f35f6/"
    "clip/bpe_simple_vocab_16e6.txt.gz",
    "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a",
    1.4,
)
SHIPPED = Path(__file__).parents[1] / "models"


def models_root() -> Path:
    """The folder with fetched models.

    The environment variable MINCLIP_MODELS; else `models/` of the clone that this file belongs to; else
    ~/.cache/minclip/models. It need not exist yet.
    """
    if chosen := os.environ.get("MINCLIP_MODELS"):
        return Path(chosen).expanduser()
    return (clone_root() or Path.home() / ".cache" / "minclip") / "models"


def shipped() -> list[str]:
    """Names of the models that come with minclip."""
    return sorted(path.stem for path in SHIPPED.glob("*.safetensors"))


def fetchable() -> list[str]:
    """Names of the models that `fetch_model` can bring, as OpenAI spells them."""
    return list(OPENAI)


def online_file(name: str) -> OnlineFile:
    """What the table says of a model; ValueError that lists the names where it says nothing."""
    if name not in OPENAI:
        raise ValueError(f"name={name!r} is no model to fetch: choose of {', '.join(fetchable())}")
    return OPENAI[name]


def fetched(name: str) -> Path | None:
    """The model's file in models_root(), None where it was not fetched. ValueError for an unknown name.

    A file has this name only after its checksum was compared.
    """
    path = models_root() / online_file(name).name
    return path if path.is_file() else None


def openai_merges_path() -> Path:
    """OpenAI's merges in models_root(); FileNotFoundError that says how to get them."""
    path = models_root() / MERGES.name
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is not there, the vocabulary of OpenAI's models: run `minclip fetch merges`, "
            f"with --from FILE where you have {MERGES.name} already"
        )
    return path


def fetch_merges(source: str | Path | None = None, progress: bool = True) -> Path:
    """Brings the merges to models_root(), checked; `source` and errors as in `fetch_model`."""
    return bring(MERGES, source, progress)


def fetch_model(name: str, source: str | Path | None = None, progress: bool = True) -> Path:
    """Brings one of OpenAI's models to models_root() with its merges, both checked; returns the model's file.

    source: instead of the network, the model's file or a folder with it; merges beside it are taken, too.
    What is there already is not fetched again, and a broken download is gone on with.
    Raises ValueError for an unknown name or a wrong file, OSError for everything between here and there.
    """
    path = bring(online_file(name), source, progress)
    beside = None if source is None else source_file(source, path.name).parent / MERGES.name
    try:
        fetch_merges(beside if beside is not None and beside.is_file() else None, progress)
    except OSError as error:
        raise OSError(
            f"{path} is ready, but not the vocabulary that it reads text with. {error}. "
            "For this file that is `minclip fetch merges --from FILE`"
        ) from error
    return path


def bring(file: OnlineFile, source: str | Path | None, progress: bool) -> Path:
    """A file of the tables, in models_root()."""
    local = None if source is None else source_file(source, file.name)
    return fetch(file.url, models_root() / file.name, file.sha256, progress=progress, source=local)


def source_file(source: str | Path, name: str) -> Path:
    """The source itself, or the file of this name where it is a folder."""
    return Path(source) / name if Path(source).is_dir() else Path(source)
