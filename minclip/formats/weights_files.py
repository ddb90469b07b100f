"""Any file of weights -> its tensors, by its content and not by its name; and safetensors out, whole or in shards.

Nothing in a file is ever run. Which model the tensors make is not asked here. Sources: the safetensors format
(huggingface/safetensors README); sharded checkpoints (Hugging Face, transformers).
"""

from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

import safetensors
import safetensors.torch
from torch import Tensor

from minclip.data.paths import atomic_write
from minclip.formats.json_files import read_json, write_json
from minclip.formats.torch_files import read_legacy, read_zip

HEAD = 512  # bytes that tell what a file is
LONGEST_FILE = 255  # letters in a file's name, on every system
SHARD_BYTES = 5_000_000_000  # Hugging Face's own limit for a file


@dataclass(frozen=True)
class Stored:
    """What a file of weights holds, before anyone asks which model it is.

    tensors: on the CPU, in the file's order, in the file's precision; some may share memory.
    metadata: safetensors' own; {} elsewhere.
    kind: "safetensors", "state_dict" (a dict of tensors), "wrapped" (a training checkpoint's "state_dict") or
        "torchscript" (an archive of torch.jit.save, as OpenAI's own files are).
    """

    tensors: dict[str, Tensor]
    metadata: dict[str, str]
    kind: str


def read_tensors(path: str | Path) -> Stored:
    """The tensors of a .safetensors, .pt, .bin or .index.json file, decided by its content.

    Raises FileNotFoundError where nothing is there, and ValueError, which begins with the path and says what to do,
    for everything that is not whole or no weights: no other error, whatever the bytes are.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder: pass the file of weights in it, as in {path / 'model.safetensors'}")
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there")
    head = read_head(path)
    is_json = head.lstrip()[:1] == b"{" and b"\0" not in head
    return read_shards(path) if is_json else read_file(path)


def read_head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def read_file(path: Path) -> Stored:
    """One file that holds its tensors itself."""
    head = read_head(path)
    try:
        if head[4:9] == b"\0\0\0\0{":  # safetensors: the header's length in 8 bytes, then the header, which is JSON
            return read_safetensors(path)
        if head.startswith(b"PK"):
            tensors, kind = read_zip(path)
        elif head.startswith(b"\x80"):
            tensors, kind = read_legacy(path)
        else:
            raise ValueError(not_weights(head))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return Stored(tensors, {}, kind)


def not_weights(head: bytes) -> str:
    """What a file that begins like this may be, and what to do."""
    text = head.decode("utf-8", errors="replace")
    text = text.removesuffix("\ufffd") if len(head) == HEAD else text  # its last character may be cut in two
    if not head:
        return "the file is empty: fetch it again"
    if text.startswith("version https://git-lfs"):
        return "this is a note of git-lfs in place of the file: run `git lfs pull` in its folder"
    if text.lstrip("\ufeff \r\n\t").startswith("<"):
        return "this is a web page: the link leads to a page about the file; fetch the file itself (its download link)"
    if not {"\0", "\ufffd"} & set(text):
        return f"this is a text file, it begins with {text[:40]!r}: pass a .safetensors or .pt file"
    return (
        f"this is no file of weights that minclip knows, it begins with {head[:8]!r}: pass a .safetensors or .pt file"
    )


def read_safetensors(path: Path) -> Stored:
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            # clones: a file that stays mapped into memory could not be replaced on Windows
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
            return Stored(tensors, file.metadata() or {}, "safetensors")
    except (safetensors.SafetensorError, RuntimeError) as error:
        raise ValueError(f"not a safetensors file, or it is cut off ({error}): fetch it again") from error


def read_shards(index: Path) -> Stored:
    """All tensors that an index names, {"weight_map": {tensor: file}}, from the files in its folder."""
    where = read_json(index).get("weight_map")
    if not isinstance(where, dict) or not where or not all(isinstance(file, str) for file in where.values()):
        raise ValueError(f"{index}: it has no weight_map of tensors and files: pass the file of weights beside it")
    shards: dict[str, Stored] = {}
    for file in dict.fromkeys(where.values()):
        if PureWindowsPath(file).name != file or file == ".." or len(file) > LONGEST_FILE:  # knows slashes and drives
            raise ValueError(f"{index}: shard {file!r:.80} is not in the index's own folder: refused")
        if not (index.parent / file).is_file():
            raise ValueError(f"{index}: shard {file!r:.80} is not there: fetch it into {index.parent}")
        try:
            shards[file] = read_file(index.parent / file)
        except ValueError as error:
            raise ValueError(f"{index}: {error}") from error
    for name, file in where.items():
        if name not in shards[file].tensors:
            raise ValueError(
                f"{index}: shard {file:.80} lacks the tensor {name!r:.80}: fetch both again, from one place"
            )
    metadata = {name: text for shard in shards.values() for name, text in shard.metadata.items()}
    tensors = {name: shards[file].tensors[name] for name, file in where.items()}
    return Stored(tensors, metadata, next(iter(shards.values())).kind)


def require_folder(folder: str | Path) -> Path:
    """The folder that a model in several files is written into; ValueError where that is a file."""
    folder = Path(folder)
    if folder.is_file():
        raise ValueError(f"{folder} is a file: pass a folder, its files are written into that")
    return folder


def write_tensors(path: str | Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    """One safetensors file, whole or not at all. Tensors that share memory are each written out."""
    alone: dict[str, Tensor] = {}
    taken: set[int] = set()  # memory that safetensors would refuse to write a second time
    for name, tensor in tensors.items():
        tensor = tensor.detach().cpu().contiguous()
        memory = tensor.untyped_storage().data_ptr()
        alone[name] = tensor.clone() if memory in taken else tensor
        taken.add(memory)
    content = safetensors.torch.save(alone, metadata)
    with atomic_write(path) as file:
        file.write(content)


def write_sharded(
    folder: str | Path, tensors: dict[str, Tensor], stem: str = "model", max_bytes: int = SHARD_BYTES
) -> None:
    """Hugging Face's layout: STEM.safetensors, or from `max_bytes` on STEM-00001-of-00002.safetensors and an index.

    Of the two, what an earlier model left in the folder is deleted at the end: a reader would find both.
    """
    folder = Path(folder)
    whole, index = folder / f"{stem}.safetensors", folder / f"{stem}.safetensors.index.json"
    shards: list[dict[str, Tensor]] = [{}]
    total = filled = 0
    for name, tensor in tensors.items():
        if shards[-1] and filled + tensor.nbytes > max_bytes:
            shards.append({})
            filled = 0
        shards[-1][name] = tensor
        total, filled = total + tensor.nbytes, filled + tensor.nbytes
    if len(shards) == 1:
        write_tensors(whole, tensors, {"format": "pt"})
        return index.unlink(missing_ok=True)
    where: dict[str, str] = {}
    for i, shard in enumerate(shards, start=1):
        file = f"{stem}-{i:05}-of-{len(shards):05}.safetensors"
        write_tensors(folder / file, shard, {"format": "pt"})
        where |= dict.fromkeys(shard, file)
    write_json(index, {"metadata": {"total_size": total}, "weight_map": where})
    whole.unlink(missing_ok=True)
