"""What training tools put around weights: a dictionary with an epoch and an optimizer, and longer names.

Sources: torch.nn.parallel ("module."), torch.compile ("_orig_mod."), FSDP, Lightning's checkpoints ("state_dict" with
names that begin with the attribute, "model."), timm's ("state_dict_ema"), PyTorch's tutorial ("model_state_dict").
"""

import warnings
from typing import Any, TypeVar

from minclip.formats.pickled_tensors import SAVE_ANEW, printable
from minclip.formats.pickles import Call

T = TypeVar("T")

# where training programs keep the weights, the usual ones first
WEIGHTS = ("state_dict", "model_state_dict", "model_state", "model", "module", "net", "weights")
WEIGHTS_KEYS = (*WEIGHTS, "state_dict_ema", "model_ema", "ema")
DEEPEST = 3  # dictionaries in one another
# what a name gains inside of a module that is wrapped or compiled; no layout has such a part in its names
WRAPPERS = ("_orig_mod", "module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")
ANCHOR = "logit_scale"  # the one name that every CLIP has at its top, whoever wrote it


def weights_of(root: dict[Any, Any]) -> tuple[dict[Any, Any], str]:
    """(the dictionary of tensors in a file's content, its kind: "state_dict", or "wrapped" under that very key).

    Where a file holds several, such as an average beside the weights, the first key is read and a warning names the
    others. ValueError where there are dictionaries, but no weights under a known key.
    """
    kind = "wrapped" if isinstance(root.get("state_dict"), dict) else "state_dict"
    for _ in range(DEEPEST):
        inside = [key for key in WEIGHTS_KEYS if isinstance(root.get(key), dict)]
        if not inside:
            break
        full = [key for key in inside if holds_tensors(root[key])]
        if len(full) > 1:
            others = ", ".join(map(repr, full[1:]))
            warnings.warn(f"the file holds weights under {full[0]!r}, which were read, and {others}", stacklevel=2)
        root = root[(full or inside)[0]]
    if not any(isinstance(note, Call) for note in root.values()) and any(isinstance(n, dict) for n in root.values()):
        entries = ", ".join(printable(str(name)) for name in list(root)[:5])
        raise ValueError(f"it holds no weights under {', '.join(WEIGHTS_KEYS)}: its entries are {entries}; {SAVE_ANEW}")
    return root, kind


def holds_tensors(entries: dict[Any, Any]) -> bool:
    """Whether notes of tensors stand in a dictionary, or under a known key of it."""
    return any(
        isinstance(note, Call) or (key in WEIGHTS_KEYS and isinstance(note, dict)) for key, note in entries.items()
    )


def plain_name(name: str) -> str:
    """A weight's name without what wrappers put into it.

    >>> plain_name("module._orig_mod.visual.module.proj")
    'visual.proj'
    """
    return ".".join(part for part in name.split(".") if part not in WRAPPERS)


def plain_names(tensors: dict[str, T]) -> tuple[dict[str, T], str, list[str]]:
    """(tensors under their CLIP's own names, what stood before them, the names of what stands beside the CLIP).

    The prefix is what stands before logit_scale. ValueError where two CLIPs are in there, or two names become one.

    >>> plain_names({"net.module.logit_scale": 0, "net.visual.proj": 1, "metric.sum": 2})
    ({'logit_scale': 0, 'visual.proj': 1}, 'net.', ['metric.sum'])
    """
    plain = {plain_name(name): tensor for name, tensor in tensors.items()}
    if len(plain) < len(tensors):
        raise ValueError(f"two names become one without {', '.join(WRAPPERS)}: save the model's own state_dict()")
    prefixes = [name.removesuffix(ANCHOR) for name in plain if f".{name}".endswith(f".{ANCHOR}")]
    if len(prefixes) > 1 and "" not in prefixes:
        raise ValueError(f"it holds several CLIPs, under {', '.join(prefixes)}: save the state_dict() of one of them")
    prefix = "" if not prefixes or "" in prefixes else prefixes[0]
    own = {name.removeprefix(prefix): tensor for name, tensor in plain.items() if name.startswith(prefix)}
    return own, prefix, [name for name in plain if not name.startswith(prefix)]
