"""From a pickle's notes to tensors: which calls are known, and where each tensor's numbers lie in which storage.

Everything is checked before a number is read; no container is known here (torch_files.py). Source: torch/_utils.py.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from minclip.formats.pickles import ORDERED_DICT, Call, Name, Outside, Pickle

DTYPES = {
    "torch.DoubleStorage": torch.float64,
    "torch.FloatStorage": torch.float32,
    "torch.HalfStorage": torch.float16,
    "torch.BFloat16Storage": torch.bfloat16,
    "torch.LongStorage": torch.int64,
    "torch.IntStorage": torch.int32,
    "torch.ShortStorage": torch.int16,
    "torch.CharStorage": torch.int8,
    "torch.ByteStorage": torch.uint8,
    "torch.BoolStorage": torch.bool,
}
TENSORS = {"torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2"}
PARAMETERS = {"torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state"}
# what else may stand beside the weights, as a note that nobody looks at: the rest of what torch.save writes for plain
# data, TorchScript's classes and typed lists, and what training programs note: NumPy's numbers, the arguments. By
# their full names: modules hold other things as well, and NumPy has a function that runs text
HARMLESS = {str(thing) for thing in vars(torch).values() if isinstance(thing, torch.dtype)}
HARMLESS |= {ORDERED_DICT, "collections.Counter", "torch.Size", "torch.device", "torch.serialization._get_layout"}
HARMLESS |= {"torch.Tensor", "torch.nn.parameter.Parameter", "torch.storage.UntypedStorage"}
HARMLESS |= {"builtins.set", "__builtin__.set", "builtins.complex", "_codecs.encode"}
HARMLESS |= {"argparse.Namespace", "numpy.dtype", "numpy.ndarray", "collections.defaultdict"}
HARMLESS |= {f"pathlib{part}.{kind}Path" for part in ("", "._local") for kind in ("Posix", "Windows", "PurePosix")}
HARMLESS_FORMS = re.compile(
    r"torch\.\w+Storage|torch\.per_\w+_affine|torch\._utils\._rebuild_\w+|torch\.jit\._pickle\.\w+|"
    r"numpy\._?core\.(multiarray\.(scalar|_reconstruct)|numeric\._frombuffer)|numpy\.dtypes\.\w+DType|"
    r"(pytorch_lightning|lightning_fabric|lightning)(\.\w+)*\.AttributeDict"
)
MOST_DIMENSIONS = 64  # PyTorch computes with no more
# tensors may share numbers (tied weights, an expanded mask), but a file of a thousand bytes that claims to hold a
# terabyte is a trap
MOST_SHARING = 10
SMALL = 1 << 20  # bytes: below it no claim does harm
SAVE_ANEW = "save the model's state_dict() where it was made, best as safetensors"


@dataclass(frozen=True)
class Place:
    """Where a tensor lies: in a storage of `elements` numbers, from `offset` on, with a step for each dimension."""

    storage: str
    dtype: torch.dtype
    elements: int
    offset: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]


def most_bytes(file_size: int) -> int:
    """How many bytes of tensors a file may claim to hold."""
    return MOST_SHARING * file_size + SMALL


def refuse_calls(pickle: Pickle) -> None:
    """ValueError where the pickle wants anything called that tensors do not need. Nothing was."""
    for call in pickle.calls:
        if isinstance(call.state, dict) and "_parameters" in call.state:  # an nn.Module's attributes
            raise ValueError(
                f"this is a whole pickled model, {call.function!r:.80}, which only its own code could open: {SAVE_ANEW}"
            )
    for name in pickle.names:
        if name not in HARMLESS and not name.startswith("__torch__.") and not HARMLESS_FORMS.fullmatch(name):
            raise ValueError(f"it wants to call {printable(name)}: refused, nothing was run; {SAVE_ANEW}")


def printable(name: str) -> str:
    """A name from a file, such that it can do nothing to a terminal."""
    return name[:80] if name[:80].isprintable() else ascii(name[:80])


def storage_of(note: Any) -> tuple[str, torch.dtype, int]:
    """(key, dtype, number of elements) of a note ("storage", type, key, device, elements)."""
    match note:
        case Outside(id=("storage", Name(name=kind), str(key), _, int(elements), *view)) if not any(view):
            if kind not in DTYPES:
                raise ValueError(f"a storage of type {printable(kind)} cannot be read: {SAVE_ANEW}")
            if elements < 0:
                raise ValueError(f"a storage has {elements} elements: the file is damaged, fetch it again")
            return key, DTYPES[kind], elements
    raise ValueError("a storage is described as PyTorch does not do it: the file is damaged, or older than PyTorch 0.4")


def place_of_tensor(name: str, note: Any) -> Place:
    """Where the tensor of this name lies. ValueError where it is no tensor, or reaches beyond its storage."""
    if isinstance(note, Call) and note.function in PARAMETERS and note.arguments:
        note = note.arguments[0]  # never another parameter: a chain of them would take for ever
    if isinstance(note, Call) and note.function.startswith("torch._utils._rebuild_") and note.function not in TENSORS:
        raise ValueError(
            f"tensor {name!r:.80} is sparse, quantised or of another special kind ({printable(note.function)}): "
            f"make it an ordinary one, with to_dense() or dequantize(), and save again"
        )
    if not isinstance(note, Call) or note.function not in TENSORS:
        kind = note.function if isinstance(note, Call) else type(note).__name__
        raise ValueError(f"entry {name!r:.80} is no tensor, but of type {printable(kind)}: {SAVE_ANEW}")
    match note.arguments:
        case (kept, int(offset), tuple(shape), tuple(steps), *rest) if not any(
            rest[2:]
        ):  # a conjugate or negative view
            key, dtype, elements = storage_of(kept)
        case _:
            raise ValueError(f"tensor {name!r:.80} is described as PyTorch does not do it: the file is damaged")
    sizes_known = len(shape) == len(steps) <= MOST_DIMENSIONS
    if not sizes_known or not all(type(n) is int and 0 <= n < 2**63 for n in (offset, elements, *shape, *steps)):
        raise ValueError(f"tensor {name!r:.80} has a shape that cannot be: the file is damaged, fetch it again")
    last = offset + sum((size - 1) * step for size, step in zip(shape, steps, strict=True))
    if 0 not in shape and last >= elements:
        raise ValueError(
            f"tensor {name!r:.80} needs {last + 1:,} elements, its storage has {elements:,}: "
            f"the file is damaged, fetch it again"
        )
    return Place(key, dtype, elements, offset, shape, steps)


def load_tensors(entries: dict[str, Any], read: Callable[[str], Tensor], file_size: int) -> dict[str, Tensor]:
    """The tensors of these notes. Those that share a storage share it again.

    read: gives the bytes of a storage, uint8 [n], and is called once for each that is needed.
    """
    places = {name: place_of_tensor(name, note) for name, note in entries.items()}
    claimed = sum(math.prod(p.shape) * p.dtype.itemsize for p in places.values())
    if claimed > most_bytes(file_size):
        raise ValueError(
            f"the tensors claim {claimed:,} bytes in a file of {file_size:,}: it is damaged, or made to fill the memory"
        )
    content: dict[str, Tensor] = {}
    tensors = {}
    for name, p in places.items():
        if p.storage not in content:
            content[p.storage] = read(p.storage)
        size = p.elements * p.dtype.itemsize
        if len(content[p.storage]) < size:
            raise ValueError(
                f"tensor {name!r:.80} lies in a storage of {size:,} bytes, of which {len(content[p.storage]):,} are "
                f"there: the file is damaged, fetch it again"
            )
        tensors[name] = content[p.storage][:size].view(p.dtype).as_strided(p.shape, p.steps, p.offset)
    return tensors
