"""The cases of the pages that read texts: bpe, tokenizer, prompts."""

import itertools
import unicodedata
from functools import cache

import torch
from fuzz_cases import FILES, OF_TYPES, Case, arguments, folder
from fuzz_values import NAMES, TEXTS
from hypothesis import strategies as st

from minclip.bpe import bytes_to_unicode, train_bpe
from minclip.tokenizer import BPETokenizer, clean

WORDS = (
    st.text(min_size=1, max_size=6)
    .filter(lambda text: max(text) < "\ud800" or min(text) > "\udfff")
    .filter(lambda text: not any("\ud800" <= letter <= "\udfff" for letter in text))
)
SYMBOLS = st.lists(st.sampled_from("abc"), max_size=8).map(tuple)
PAIRS = st.tuples(st.sampled_from("abc"), st.sampled_from("abc"))
COUNTS = st.dictionaries(WORDS, st.integers(1, 9), max_size=5)
TEMPLATES = st.lists(st.sampled_from(["a {}", "{}", "{{}} {", "no {}.", "🙂 {}"]), min_size=1, max_size=3)


@cache
def tokenizer(context_length: int = 16) -> BPETokenizer:
    texts = ["a red car", "two blue fish in the sea", "a small green tree", "a photo of a dog at night"]
    return BPETokenizer.train(texts * 4, vocab_size=560, context_length=context_length)


def written(content: bytes, name: str = "texts.txt"):
    path = folder() / name
    path.write_bytes(content)
    return path


def joined(result, given):
    assert "".join(result) == "".join(given["symbols"])  # nothing is lost


def is_merge(result, given):
    joined(result, given)
    first, second = given["pair"]
    plain = "|".join(given["symbols"])
    assert first == second or plain.replace(f"{first}|{second}", first + second) == "|".join(result)


def is_training(result, given):
    assert len(result) <= given["merges"]
    assert result == train_bpe(dict(sorted(given["word_counts"].items(), reverse=True)), given["merges"])


def is_merged(result, given):
    joined(result, given)
    assert len(result) < 2 or not any(pair in given["ranks"] for pair in itertools.pairwise(result))


def is_word(result, given):
    back = {character: byte for byte, character in bytes_to_unicode().items()}
    assert bytes(back[c] for c in "".join(result).removesuffix("</w>")).decode() == given["word"]


def is_counted(result, given):
    assert sum(result.values()) == sum(count * max(0, len(w) - 1) for w, count in given["words"].items())


def is_row(result, given):
    one, eot = given["self"], len(given["self"]) - 1
    texts = [given["texts"]] if isinstance(given["texts"], str) else given["texts"]
    assert result.shape == (len(texts), one.context_length) and result.dtype == torch.int64
    for text, row in zip(texts, result.tolist(), strict=True):
        ids = one.encode(text)[: one.context_length - 2]
        assert row[: len(ids) + 2] == [eot - 1, *ids, row[len(ids) + 1]] and eot in row and not any(row[len(ids) + 2 :])


def is_text(result, given):
    """Decoding gives the words of the cleaned text, but for spaces and the marks SOT and EOT."""
    spelled = "".join(clean(given["text"]).split())
    found = "".join(given["self"].decode(result).split())
    assert found == spelled


@st.composite
def saved(draw):
    path = folder() / "tokenizer.json"
    tokenizer(draw(st.integers(2, 40))).save(path)
    return {"path": path}


MERGES = b"#version: 0.2\nt h\nth e</w>\n"
ONE = st.builds(tokenizer)
ids = st.lists(st.integers(0, 551), max_size=9)
LINES = st.lists(
    NAMES.map(str.strip).filter(lambda t: t and t[0] not in "#'\"["),
    min_size=1,
    max_size=4,
    unique_by=(lambda t: unicodedata.normalize("NFC", t).lower()),
)

CASES = [
    Case("bpe.bytes_to_unicode", arguments(), lambda result, _: len(set(result.values())) == 256),
    Case("bpe.word_symbols", arguments(word=WORDS), is_word, (*OF_TYPES, IndexError), {"word": ("surrogates",)}),
    Case(
        "bpe.count_pairs",
        arguments(words=st.dictionaries(SYMBOLS, st.integers(1, 9), max_size=4)),
        is_counted,
        OF_TYPES,
    ),
    Case("bpe.merge_pair", arguments(symbols=SYMBOLS, pair=PAIRS), is_merge, (*OF_TYPES, IndexError, KeyError)),
    Case(
        "bpe.train_bpe", arguments(word_counts=COUNTS, merges=st.integers(0, 6)), is_training, (*OF_TYPES, IndexError)
    ),
    Case(
        "bpe.apply_merges",
        arguments(
            symbols=SYMBOLS,
            ranks=st.lists(PAIRS, max_size=4, unique=True).map(
                lambda pairs: {pair: rank for rank, pair in enumerate(pairs)}
            ),
        ),
        is_merged,
        (*OF_TYPES, KeyError),
    ),
    Case("tokenizer.clean", arguments(text=TEXTS), lambda result, given: result == " ".join(result.split())),
    Case(
        "tokenizer.BPETokenizer",
        arguments(merges=[("t", "h"), ("th", "e</w>")], context_length=st.integers(2, 99)),
        lambda result, given: result.encode("The the") == [513, 513],
        words={"merges": ("merge",)},
    ),
    Case(
        "tokenizer.BPETokenizer.train",
        arguments(
            texts=st.lists(TEXTS, max_size=4), vocab_size=st.integers(514, 530), context_length=st.integers(2, 9)
        ),
        lambda result, given: 514 <= len(result) <= given["vocab_size"],
        OF_TYPES,
    ),
    Case("tokenizer.BPETokenizer.encode", arguments(self=ONE, text=TEXTS), is_text),
    Case(
        "tokenizer.BPETokenizer.encode_word",
        arguments(self=ONE, word=WORDS),
        lambda result, given: all(0 <= i < 552 for i in result),
        OF_TYPES,
        {"word": ("surrogates",)},
    ),
    Case(
        "tokenizer.BPETokenizer.decode",
        arguments(self=ONE, ids=ids),
        lambda result, given: isinstance(result.encode(), bytes),
        words={"ids": ("id",)},
    ),
    Case(
        "tokenizer.BPETokenizer.__call__",
        arguments(self=ONE, texts=TEXTS | st.lists(TEXTS, max_size=3), truncate=True),
        is_row,
        words={"texts": ("caption", "text")},
    ),
    Case(
        "tokenizer.BPETokenizer.to_json",
        arguments(self=ONE),
        lambda result, given: BPETokenizer.from_json(result) == given["self"],
    ),
    Case(
        "tokenizer.BPETokenizer.from_json",
        arguments(text=tokenizer().to_json()),
        lambda result, given: result == tokenizer(),
        words={"text": ("tokenizer",)},
    ),
    Case(
        "tokenizer.BPETokenizer.save",
        arguments(self=ONE, path=st.builds(lambda: folder() / "saved.json")),
        lambda result, given: BPETokenizer.load(given["path"]) == given["self"],
        FILES,
    ),
    Case("tokenizer.BPETokenizer.load", saved(), lambda result, given: len(result) == 552, FILES),
    Case(
        "tokenizer.BPETokenizer.from_openai_merges",
        arguments(path=st.builds(written, st.just(MERGES), st.just("merges.txt")), context_length=st.integers(2, 99)),
        lambda result, given: result.encode("the") == [513],
        FILES,
        words={"path": ("merges file",)},
    ),
    Case(
        "prompts.prompts_for",
        arguments(name=NAMES, templates=TEMPLATES),
        lambda result, given: all(given["name"] in prompt for prompt in result),
        OF_TYPES,
        words={"templates": ("template",)},
    ),
    Case(
        "prompts.check_template",
        arguments(template="a {}", where="template"),
        lambda result, given: result == given["template"],
    ),
    Case(
        "prompts.read_templates",
        TEMPLATES.map(lambda lines: {"path": written("\n".join(lines).encode("utf-8"))}),
        lambda result, given: len(result) >= 1,
        FILES,
    ),
    Case(
        "prompts.read_class_names",
        LINES.map(lambda lines: {"path": written("\n".join(lines).encode("utf-8"))}),
        lambda result, given: len(result) >= 1,
        FILES,
    ),
    Case(
        "prompts.read_texts",
        LINES.map(lambda lines: {"path": written("\n".join(lines).encode("utf-8"))}),
        lambda result, given: [text for _, text in result] == given["path"].read_text(encoding="utf-8").split("\n"),
        FILES,
    ),
    Case("prompts.as_read", arguments(name=NAMES), lambda result, given: result == result.lower()),
    Case("prompts.unquoted", arguments(line=NAMES), lambda result, given: result, OF_TYPES),
]
