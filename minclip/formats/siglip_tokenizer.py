"""SigLIP's tokenizer: a sentencepiece vocabulary in Hugging Face's tokenizer.json, run by the package `tokenizers`.

A text loses its punctuation and its capitals first, as big_vision's and OpenCLIP's do. Hugging Face's own
SiglipTokenizer differs in one character: there "_" vanishes, here it becomes a space. Source: big_vision
evaluators/proj/image_text/prompt_engineering.py (canonicalize_text).
"""

import json
import string
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import torch
from torch import LongTensor

from minclip.data.left_out import text_too_long
from minclip.data.tokenizer_file import as_ids, as_texts
from minclip.formats.json_files import read_json, shown
from minclip.tokenizer import BPETokenizer, clean

FORMAT = "minclip-siglip-1"
TOKENIZER_FILE, CONFIG_FILE, SENTENCEPIECE_FILE = "tokenizer.json", "tokenizer_config.json", "spiece.model"
MOST_BYTES = 200_000_000  # of a tokenizer.json; SigLIP 2's has 34 million
EOS = PAD = "</s>"  # of the first SigLIPs; SigLIP 2 pads with "<pad>"
NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def canonical(text: str) -> str:
    """A text as SigLIP was trained on it: small letters, no ASCII punctuation, single spaces.

    >>> canonical("A photo of a T-shirt, (new)!")
    'a photo of a tshirt new'
    """
    return " ".join(clean(text).replace("_", " ").translate(NO_PUNCTUATION).split())


def tokenizers_package() -> ModuleType:
    """tokenizers. ValueError with the pip line where it is not installed."""
    try:
        import tokenizers
    except ImportError as error:
        raise ValueError(
            'SigLIP\'s tokenizer needs the package tokenizers: pip install "minclip[siglip]" '
            '(in a clone: pip install -e ".[siglip]")'
        ) from error
    return tokenizers


class SigLIPTokenizer:
    """text -> ids and back; called with texts, it makes the tensor that a SigLIP reads, padded to the full length.

    content: of a tokenizer.json. eos, pad: the tokens that end a text and fill it up.
    """

    def __init__(self, content: str, context_length: int = 64, eos: str = EOS, pad: str = PAD):
        if type(context_length) is not int or context_length < 1:
            raise ValueError(f"context_length={context_length!r:.80} must be a whole number, at least 1")
        try:
            self.tokenizer = tokenizers_package().Tokenizer.from_str(content)
        except ValueError:
            raise
        except Exception as error:  # the package raises Exception itself
            raise ValueError(f"the package tokenizers cannot read it: {error!s:.200}") from error
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.content, self.context_length, self.eos, self.pad = content, context_length, eos, pad
        found = {token: self.tokenizer.token_to_id(token) for token in (eos, pad)}
        if missing := [token for token, number in found.items() if number is None]:
            raise ValueError(f"its vocabulary lacks {', '.join(map(repr, missing))}, which ends or fills up a text")
        self.eos_id, self.pad_id = found[eos], found[pad]

    @property
    def vocab_size(self) -> int:
        """Number of ids, as len(tokenizer)."""
        return int(self.tokenizer.get_vocab_size())

    def __len__(self) -> int:
        return self.vocab_size

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self):,} ids, context_length={self.context_length})"

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return type(self), (self.content, self.context_length, self.eos, self.pad)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SigLIPTokenizer) and self.__reduce__()[1] == other.__reduce__()[1]

    def __hash__(self) -> int:
        return hash((len(self), self.context_length))

    def encode(self, text: str) -> list[int]:
        """ids of a text of any length, without an end."""
        return list(self.tokenizer.encode(canonical(text), add_special_tokens=False).ids)

    def decode(self, ids: Iterable[int]) -> str:
        """The text of a row of ids; ends and padding are left out."""
        return str(self.tokenizer.decode(as_ids(ids, len(self)), skip_special_tokens=True))

    def __call__(self, texts: str | Iterable[str], truncate: bool = False) -> LongTensor:
        """int64 [texts, context_length]: the text's ids, the end, then padding. A single string is a list of one.

        A row that is too long with its end raises ValueError. With truncate=True it loses what is before its end.
        """
        rows = []
        for row, text in enumerate(as_texts(texts)):
            ids = [*self.encode(text), self.eos_id]
            if len(ids) > self.context_length:
                if not truncate:
                    raise text_too_long(row, text, len(ids), self.context_length)
                ids = [*ids[: self.context_length - 1], self.eos_id]
            rows.append(ids + [self.pad_id] * (self.context_length - len(ids)))
        return torch.tensor(rows, dtype=torch.long).view(len(rows), self.context_length)  # type: ignore[return-value]

    def to_json(self) -> str:
        """Everything that decides the ids, as JSON."""
        entries = {"context_length": self.context_length, "eos": self.eos, "pad": self.pad, "tokenizer": self.content}
        return json.dumps({"format": FORMAT, **entries}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "SigLIPTokenizer":
        """The inverse of to_json. Raises ValueError for any other text."""
        try:
            content = json.loads(text)
            if content["format"] != FORMAT:
                raise TypeError("another format")
            return cls(content["tokenizer"], content["context_length"], content["eos"], content["pad"])
        except (AttributeError, KeyError, TypeError, RecursionError, json.JSONDecodeError) as error:
            raise ValueError(f"this is not a {FORMAT} tokenizer: {error!r:.200}") from error


def tokenizer_from_json(text: str) -> BPETokenizer:
    """The tokenizer of a file of ours, CLIP's or SigLIP's; a type checker need not tell them apart."""
    if f'"{FORMAT}"' in text[:40]:
        return cast(BPETokenizer, SigLIPTokenizer.from_json(text))
    return BPETokenizer.from_json(text)


def read_siglip_tokenizer(folder: Path, context_length: int) -> SigLIPTokenizer:
    """The tokenizer in a folder of Hugging Face's or OpenCLIP's files.

    Raises FileNotFoundError where there is none that minclip can read, ValueError where it cannot be used.
    """
    path = folder / TOKENIZER_FILE
    if not path.is_file():
        other = folder / SENTENCEPIECE_FILE
        also = f" ({other.name} alone is not read)" if other.is_file() else ""
        raise FileNotFoundError(
            f"there is no {TOKENIZER_FILE} in {folder}{also}: put the {TOKENIZER_FILE} and {CONFIG_FILE} of the same "
            f"vocabulary there, such as those of the Hub's timm/ViT-B-16-SigLIP for an English SigLIP of 32,000 ids"
        )
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path} is larger than {MOST_BYTES:,} bytes: that is no tokenizer")
    config = read_json(folder / CONFIG_FILE) if (folder / CONFIG_FILE).is_file() else {}
    eos, pad = special(folder, config, "eos_token", EOS), special(folder, config, "pad_token", PAD)
    try:
        return SigLIPTokenizer(path.read_text(encoding="utf-8"), context_length, eos, pad)
    except ValueError as error:  # UnicodeDecodeError is one
        raise ValueError(f"{path}: {error!s:.400}") from error


def special(folder: Path, config: dict[str, Any], name: str, default: str) -> str:
    """A special token's text, which a file tells plainly or as {"content": ...}."""
    value = config.get(name) or default
    value = value.get("content") if isinstance(value, dict) else value
    if not isinstance(value, str):
        raise ValueError(f"{folder / CONFIG_FILE}: {name}={shown(value)} must be a token")
    return value
