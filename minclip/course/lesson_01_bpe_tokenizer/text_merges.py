"""Ways to merge a pair by a search in one text, which lesson 01's symbol_mistakes.py names: each errs somewhere."""

import re

from minclip.bpe import Pair
from minclip.course.lesson_01_bpe_tokenizer.count_mistakes import Symbols


def as_pattern(symbols: Symbols, pair: Pair) -> Symbols:
    found = re.sub(rf"(?<!\S){' '.join(pair)}(?!\S)", "".join(pair), " ".join(symbols))
    return tuple(found.split(" "))


def searched(separator: str, symbols: Symbols, pair: Pair) -> Symbols:
    """Joins the symbols to one text, with a separator, and replaces there."""
    text = separator.join(symbols).replace(separator.join(pair), "".join(pair))
    return tuple(text.split(separator))


def by_borders(symbols: Symbols, pair: Pair) -> Symbols:
    found = re.sub(rf"\b{re.escape(' '.join(pair))}\b", "".join(pair), " ".join(symbols))
    return tuple(found.split())


def cut_out(symbols: Symbols, pair: Pair) -> Symbols:
    """Of the letters of all symbols: the pair's stay together, the others fall apart."""
    first, *rest = "".join(symbols).split("".join(pair))
    return (*first, *(symbol for part in rest for symbol in ("".join(pair), *part)))
