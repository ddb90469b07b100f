"""Where a model lies: from its name, a file or a folder to the file with its weights."""

from pathlib import Path

from minclip.data import pretrained
from minclip.formats.hub import find_on_hub, is_hub_name
from minclip.formats.model_files import weights_in


def available_models() -> list[str]:
    """Names that `load` knows without a path: those that come with minclip, then those `minclip fetch` brings."""
    return [*pretrained.shipped(), *pretrained.fetchable()]


def find(name_or_path: str | Path) -> Path:
    """The weights file of a name, file or folder. FileNotFoundError that says what can be loaded."""
    if not isinstance(name_or_path, str | Path) or not str(name_or_path).strip():
        raise ValueError(f"name_or_path={name_or_path!r:.80} must be a name or a path")
    name, path = str(name_or_path), Path(name_or_path)
    if is_hub_name(name):
        return find_on_hub(name)
    if name in pretrained.shipped():
        return pretrained.SHIPPED / f"{name}.safetensors"
    if name in pretrained.fetchable() and (fetched := pretrained.fetched(name)):
        return fetched
    if path.is_dir():
        return weights_in(path)
    if path.is_file():
        return path
    if name in pretrained.fetchable():
        raise FileNotFoundError(f"{name} is not here yet: run `minclip fetch {name}`, with --from FILE if you have it")
    raise FileNotFoundError(
        f"no model at {path}: pass a weights file, a folder with one, a run folder of `minclip train`, "
        f"a name ({', '.join(available_models())}), or hf-hub:OWNER/NAME"
    )
