"""Tokenizers as files: OpenAI's merges, Hugging Face's tokenizer.json or vocab.json + merges.txt, both ways.

The files give the vocabulary. A text is cleaned and cut as in openai/CLIP simple_tokenizer.py, because the models were
trained with that. Hugging Face's tokenizers differ from it: of 700 strings made to be odd, CLIPTokenizer of
transformers 5.23 gives other ids for 133. 124 differ by the cleaning that it leaves out (ftfy: curly quotes, wide
letters, mojibake, control characters; HTML), 3 for "Σ" at a word's end, 3 for letters of a newer Unicode, 2 for U+0345,
1 for "<|STARTOFTEXT|>". Ordinary captions agree, and so do all but 5 after `minclip.tokenizer.clean`.
"""

import gzip
from itertools import zip_longest
from pathlib import Path
from typing import Any

from minclip.bpe import BYTE_TO_CHARACTER, END_OF_WORD, Pair
from minclip.config import CLIPConfig
from minclip.data.paths import atomic_write
from minclip.data.tokenizer_file import OPENAI_MERGES
from minclip.formats.json_files import read_json, shown, write_json
from minclip.tokenizer import EOT, SOT, WORD, BPETokenizer

TOKENIZER_FILE, VOCAB_FILE, MERGES_FILE = "tokenizer.json", "vocab.json", "merges.txt"
CONFIG_FILE, SPECIAL_FILE, ADDED_FILE = "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"
HEADER = "#version: 0.2"  # the merges file's first line, which its readers skip
CONTEXT_LENGTH = 77  # where no file tells; every CLIP's so far
LONGEST_CONTEXT = 1_000_000  # Hugging Face writes 10^30 for "not said"

# how their tokenizer.json says what the original does, as nearly as it can
MODEL = {"dropout": None, "continuing_subword_prefix": "", "end_of_word_suffix": END_OF_WORD, "ignore_merges": False}
NORMALIZER = {
    "type": "Sequence",
    "normalizers": [
        {"type": "NFC"},
        {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "},
        {"type": "Lowercase"},
    ],
}
SPLIT = {
    "type": "Split",
    "pattern": {"Regex": WORD},
    "behavior": "Removed",
    "invert": True,
}
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
# "normalized": looked for in the lower-cased text, as we do
ADDED = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": True, "special": True}


def is_tokenizer_folder(folder: Path) -> bool:
    """Whether the folder holds files that `read_tokenizer` reads."""
    return (folder / TOKENIZER_FILE).is_file() or all((folder / f).is_file() for f in (VOCAB_FILE, MERGES_FILE))


def read_tokenizer(path: str | Path, context_length: int | None = None) -> BPETokenizer:
    """A tokenizer from our own JSON, OpenAI's merges file, Hugging Face's tokenizer.json, or a folder of theirs.

    The content decides which of these it is. In a folder, tokenizer.json is preferred to vocab.json + merges.txt.
    context_length: by default what the files say (ours, or model_max_length in tokenizer_config.json), else 77.
    Raises FileNotFoundError, and ValueError where the ids are not in CLIP's order: it names the first that differs.
    """
    path = Path(path)
    if context_length is not None:
        BPETokenizer([], context_length)  # refuses one that is too small, without blaming the file
    if path.is_dir():
        if not is_tokenizer_folder(path):
            raise FileNotFoundError(
                f"no tokenizer in the folder {path}: looked for {TOKENIZER_FILE}, and for {VOCAB_FILE} + {MERGES_FILE}"
            )
        path = path / (TOKENIZER_FILE if (path / TOKENIZER_FILE).is_file() else VOCAB_FILE)
    if not path.is_file():
        raise FileNotFoundError(f"no tokenizer at {path}: pass a file or a folder that is there")
    if not path.read_bytes().lstrip().startswith(b"{"):
        return BPETokenizer.from_openai_merges(path, CONTEXT_LENGTH if context_length is None else context_length)
    content = read_json(path)
    if isinstance(content.get("format"), str):  # in a vocab.json it is a word, with its id
        ours = BPETokenizer.load(path)
        return ours if context_length is None else BPETokenizer(ours.merges, context_length)
    length = stated_length(path.parent) if context_length is None else context_length
    try:
        if isinstance(content.get("model"), dict):
            return from_tokenizer_json(content, length)
        return from_vocab_and_merges(content, path.parent, length)
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no tokenizer that minclip knows: {shown(error)}") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error!s:.400}") from error


def stated_length(folder: Path) -> int:
    """The context length that tokenizer_config.json states, 77 where it states none."""
    config = folder / CONFIG_FILE
    length = read_json(config).get("model_max_length") if config.is_file() else None
    return length if isinstance(length, int) and 2 <= length <= LONGEST_CONTEXT else CONTEXT_LENGTH


def from_tokenizer_json(content: dict[str, Any], context_length: int) -> BPETokenizer:
    """Reads Hugging Face's single file. Raises ValueError where it would give other ids than CLIP's tokenizer."""
    model = content["model"]
    vocabulary = model["vocab"]
    if isinstance(vocabulary, list):  # Unigram's, each with its probability
        vocabulary = {entry[0]: i for i, entry in enumerate(vocabulary)}
    vocabulary = vocabulary | {token["content"]: token["id"] for token in content.get("added_tokens") or []}
    merges = [tuple(pair.split(" ") if isinstance(pair, str) else pair) for pair in model.get("merges") or []]
    tokenizer = in_clips_order(vocabulary, merges, context_length)
    for name, value in MODEL.items():
        if (model.get(name) or value) != value:
            raise ValueError(f"model.{name}={shown(model[name])}, CLIP has {value!r}: minclip would give other ids")
    if "'Lowercase'" not in str(content.get("normalizer")):
        raise ValueError("its normalizer keeps capital letters, CLIP has none: minclip would give other ids")
    return tokenizer


def from_vocab_and_merges(vocabulary: dict[str, int], folder: Path, context_length: int) -> BPETokenizer:
    """Reads Hugging Face's older files: this vocab.json, and merges.txt and perhaps added_tokens.json beside it."""
    if not (folder / MERGES_FILE).is_file():
        raise ValueError(f"it is not a {TOKENIZER_FILE}. It may be a {VOCAB_FILE}, but no {MERGES_FILE} is beside it")
    added = read_json(folder / ADDED_FILE) if (folder / ADDED_FILE).is_file() else {}
    merges = BPETokenizer.from_openai_merges(folder / MERGES_FILE).merges
    return in_clips_order(vocabulary | added, merges, context_length)


def in_clips_order(vocabulary: dict[str, int], merges: list[Pair], context_length: int) -> BPETokenizer:
    """The tokenizer of a vocabulary in CLIP's order. Otherwise ValueError names the first id that is not."""
    symbols = {i: symbol for symbol, i in vocabulary.items()}
    found = [symbols.get(i) for i in range(len(vocabulary))]
    characters = BYTE_TO_CHARACTER.values()
    symbols_of_clip = [*characters, *(one + END_OF_WORD for one in characters), *map("".join, merges), SOT, EOT]
    for i, (theirs, clips) in enumerate(zip_longest(found, symbols_of_clip)):
        if theirs != clips or theirs is None:
            theirs, clips = ("missing" if symbol is None else shown(symbol) for symbol in (theirs, clips))
            raise ValueError(
                f"id {i} is {theirs}, in CLIP's order it is {clips}: minclip reads 256 bytes, "
                f"256 bytes with {END_OF_WORD}, the merges, {SOT}, {EOT}, in this order, and no other special tokens"
            )
    return BPETokenizer(merges, context_length)


def check_tokenizer(tokenizer: object) -> None:
    """ValueError for what is no tokenizer, such as its name."""
    if not all(hasattr(tokenizer, name) for name in ("vocab_size", "context_length", "encode")):
        kind = type(tokenizer).__name__
        raise ValueError(f"tokenizer must be a minclip.BPETokenizer, found {kind}: minclip.load gives the model's")


def check_vocabulary(config: CLIPConfig, tokenizer: BPETokenizer) -> None:
    """Raises ValueError where the tokenizer belongs to another model."""
    check_tokenizer(tokenizer)
    for name in ("vocab_size", "context_length"):
        if name == "vocab_size" and config.reads_padding and tokenizer.vocab_size < config.vocab_size:
            continue  # a SigLIP may have ids to spare
        if getattr(tokenizer, name) != getattr(config, name):
            raise ValueError(
                f"the tokenizer has {name}={getattr(tokenizer, name)}, the model {getattr(config, name)}: "
                f"they do not belong together"
            )


def write_tokenizer(tokenizer: BPETokenizer, folder: str | Path) -> None:
    """Writes Hugging Face's five files, for transformers' AutoTokenizer and CLIPTokenizer, and for tokenizers.

    After EOT they pad with EOT (`pad_token`), minclip and the original with 0; no model looks there. They cannot pad
    with 0: that is "!", and as a special token it would be found in texts.
    Raises ValueError, before anything is written, for a vocabulary that has a symbol twice.
    """
    folder = Path(folder)
    vocabulary: dict[str, int] = {}
    for i, symbol in enumerate(tokenizer.symbols):
        if symbol in vocabulary:
            raise ValueError(
                f"ids {vocabulary[symbol]} and {i} are both {symbol!r}, and Hugging Face's files hold a symbol once: "
                f"train again with another vocab_size"
            )
        vocabulary[symbol] = i
    special = {str(i): ADDED | {"content": token} for token, i in tokenizer.special_ids.items()}
    names: dict[str, object] = {"bos_token": SOT, "eos_token": EOT, "unk_token": EOT, "pad_token": EOT}
    config = {
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": tokenizer.context_length,
        "added_tokens_decoder": special,
    }
    write_json(folder / TOKENIZER_FILE, tokenizer_json(tokenizer, vocabulary))
    write_json(folder / VOCAB_FILE, vocabulary)
    write_merges(folder / MERGES_FILE, tokenizer)
    write_json(folder / CONFIG_FILE, config | names)
    write_json(folder / SPECIAL_FILE, names)


def tokenizer_json(tokenizer: BPETokenizer, vocabulary: dict[str, int]) -> dict[str, Any]:
    """The content of Hugging Face's one file. Its merges are strings, which old readers know, too."""
    sot, eot = tokenizer.special_ids[SOT], tokenizer.special_ids[EOT]
    ends = {"sep": [EOT, eot], "cls": [SOT, sot], "trim_offsets": False, "add_prefix_space": False}
    merges = [" ".join(pair) for pair in tokenizer.merges]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": i, "content": token, **ADDED} for token, i in tokenizer.special_ids.items()],
        "normalizer": NORMALIZER,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [SPLIT, BYTES]},
        "post_processor": {"type": "RobertaProcessing", **ends},
        "decoder": BYTES,
        "model": {"type": "BPE", "unk_token": EOT, "fuse_unk": False, **MODEL, "vocab": vocabulary, "merges": merges},
    }


def fits_openai_merges(tokenizer: BPETokenizer) -> None:
    """Raises ValueError where the tokenizer has more merges than OpenAI's file can hold."""
    if len(tokenizer.merges) > OPENAI_MERGES:
        raise ValueError(
            f"{len(tokenizer.merges):,} merges are too many: CLIP's readers take {OPENAI_MERGES:,} from such a file"
        )


def write_openai_merges(tokenizer: BPETokenizer, path: str | Path) -> None:
    """Writes the merges file that the original's SimpleTokenizer reads, packed where the name ends in .gz.

    The same tokenizer gives the same bytes. Raises ValueError for what such a file cannot hold.
    """
    fits_openai_merges(tokenizer)
    write_merges(Path(path), tokenizer)


def write_merges(path: Path, tokenizer: BPETokenizer) -> None:
    """Writes a header and a merge per line. No newline ends the file: the original would count it as a merge."""
    content = "\n".join([HEADER, *map(" ".join, tokenizer.merges)]).encode("utf-8")
    with atomic_write(path) as file:
        file.write(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
