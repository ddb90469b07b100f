"""The known mistakes of BPETokenizer: a method that errs, as a whole. Named as in mistakes.py."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from minclip.bpe import END_OF_WORD, Pair, apply_merges, word_symbols
from minclip.course.assertions import Mistake
from minclip.course.lesson_01_bpe_tokenizer.count_mistakes import Symbols, Ways
from minclip.course.lesson_01_bpe_tokenizer.mistakes import bare
from minclip.course.lesson_01_bpe_tokenizer.rank_mistakes import leftmost
from minclip.tokenizer import EOT, SOT, BPETokenizer, clean

UNKNOWN_SYMBOL = Mistake(
    "a symbol has no id: ids belong to bytes, to bytes at a word's end, and to what merges gave",
    way="word_symbols(word) gives bytes, apply_merges(word_symbols(word), self.ranks) their merges: those have ids",
)
NO_SPECIAL_ID = Mistake(
    "self.ids holds no special token: SOT and EOT are no symbols that merges could make",
    way="self.special_ids[SOT] and self.special_ids[EOT]",
)
NO_RANKS = Mistake("apply_merges takes the ranks, a dictionary, and this is a list", way="self.ranks")
SYMBOLS_OF_IDS = Mistake(
    "self.ids goes from a symbol to its id, and here the way back is wanted", way="self.symbols[i] is the symbol"
)
ONE_CHARACTER = Mistake(
    "self.byte_of knows single characters, and a symbol may have several of them",
    way="self.byte_of[character] for each character of the symbol",
)
NO_SPACE = Mistake(
    "self.byte_of is asked for a space, and no byte has it as its character",
    way='join the symbols with "", and let </w> become a space at the very end, in the decoded text',
)
BYTES_ALREADY = Mistake(
    "bytes(...) takes numbers, and these are bytes already", way='b"".join(parts) puts them together'
)
NO_UTF8 = Mistake("these bytes are no UTF-8, which happens", way='.decode("utf-8", errors="replace") puts � there')
UNUSED_IDS = Mistake(
    "as_ids gives back a list of the ids, which is not used: the loop asks a generator again, and it is empty by then",
    way="ids = as_ids(ids, len(self)), or for i in as_ids(ids, len(self))",
)
A_PART = Mistake(
    "all bytes of this row together are UTF-8, and the bytes that are decoded here are not",
    way="one letter may have its bytes in two symbols: join the bytes of all symbols first, then decode once",
)
BYTE_OF_A_CHARACTER = Mistake(
    "the characters of a symbol stand for bytes, and their own numbers are other ones",
    way="self.byte_of[character] is the byte; bytes([...]) of all of them, and then .decode",
)
WORDS = "for word in self.pattern.findall(clean(text))"
RANKS = "apply_merges(word_symbols(word), self.ranks)"
SPECIAL = "if word in self.special_ids: its id, from there"
NO_MARK = "a word that is a symbol gets the id of that symbol, and at the end of a word it carries </w>"
ORDER: dict[str, dict[str, Any]] = {
    Mistake("the end of the word is missing", way="begin with word_symbols(word), which carries </w>"): {"parts": bare},
    Mistake("merges go by rank, and these go in the order of the text", way=RANKS): {"apply": leftmost},
    Mistake("these are characters, not bytes", way="begin with word_symbols(word), which gives bytes"): {
        "parts": lambda word: (*word[:-1], word[-1] + END_OF_WORD)
    },
    Mistake(
        "these are characters without the mark at the end of the word, not bytes",
        way="begin with word_symbols(word), which gives bytes and the mark",
    ): {"parts": tuple},
    Mistake("the merges are missing", way=RANKS): {"apply": lambda symbols, _: symbols},
    Mistake("a special token is taken apart, and it is one id", way=SPECIAL): {"special": False},
}


def word_ids(
    theirs: BPETokenizer,
    word: str,
    parts: Callable[[str], Symbols] = word_symbols,
    apply: Callable[[Symbols, Mapping[Pair, int]], Symbols] = apply_merges,
    special: bool = True,
) -> tuple[int, ...]:
    """The ids of a word, by the book. special: whether SOT and EOT are known."""
    if special and word in theirs.special_ids:
        return (theirs.special_ids[word],)
    return tuple(theirs.ids[symbol] for symbol in apply(parts(word), theirs.ranks))


def wrong_words(theirs: BPETokenizer) -> Ways:
    """Of encode_word."""
    return {
        **{mistake: partial(word_ids, theirs, **how) for mistake, how in ORDER.items()},
        Mistake(NO_MARK, way=SPECIAL): lambda word: (
            (theirs.ids[word],) if word in theirs.ids else word_ids(theirs, word, special=False)
        ),
        Mistake(NO_MARK.replace("the id", "the number"), way=SPECIAL): lambda word: (
            (theirs.symbols.index(word),) if word in theirs.symbols else theirs.encode_word(word)
        ),
        Mistake("these are symbols, and their ids are wanted", way="self.ids[symbol] for every symbol"): (
            lambda word: (
                theirs.encode_word(word)
                if word in theirs.special_ids
                else apply_merges(word_symbols(word), theirs.ranks)
            )
        ),
        Mistake("a special token gives a number, and a tuple of one is wanted", way="(self.special_ids[word],)"): (
            lambda word: theirs.special_ids[word] if word in theirs.special_ids else theirs.encode_word(word)
        ),
    }


def encoded(
    theirs: BPETokenizer,
    text: str,
    cleaned: Callable[[str], str] = clean,
    cut: Callable[[str], list[str]] | None = None,
    **how: Any,
) -> list[int]:
    """Encoding by the book."""
    return [i for word in (cut or theirs.pattern.findall)(cleaned(text)) for i in word_ids(theirs, word, **how)]


def wrong_ids(theirs: BPETokenizer) -> Ways:
    """Of encode."""
    sot, eot = theirs.special_ids[SOT], theirs.special_ids[EOT]
    ways: dict[str, dict[str, Any]] = {
        Mistake(
            "the text is not cleaned",
            way="begin with clean(text): it lower-cases, and mends spaces, HTML and broken letters",
        ): {"cleaned": str},
        Mistake(
            "lower-casing is not all of the cleaning", way="clean(text) also mends white space, HTML and broken letters"
        ): {"cleaned": str.lower},
        Mistake(
            "the whole text goes to encode_word, which takes one word of it",
            way=WORDS,
        ): {"cut": lambda text: [text]},
        Mistake("the whole text goes to encode_word as it came, neither cleaned nor cut into words", way=WORDS): {
            "cleaned": str,
            "cut": lambda text: [text],
        },
        Mistake("each letter is taken for a word: a loop over a text gives its letters", way=WORDS): {"cut": list},
        Mistake(
            "words end at punctuation, too, and not at spaces alone", way="self.pattern.findall(clean(text)), not split"
        ): {"cut": str.split},
        **ORDER,
    }
    return {
        **{mistake: partial(encoded, theirs, **how) for mistake, how in ways.items()},
        Mistake("SOT and EOT do not belong here", way="__call__ puts them around the ids"): (
            lambda text: [sot, *theirs.encode(text), eot]
        ),
        Mistake("EOT does not belong here", way="__call__ puts it behind the ids"): lambda text: [
            *theirs.encode(text),
            eot,
        ],
        Mistake("these are symbols, and their ids are wanted", way="self.ids[symbol] for every symbol"): (
            lambda text: [theirs.symbols[i] for i in theirs.encode(text)]
        ),
        Mistake(
            "this is a list for each word, and one list with all ids is wanted",
            way="ids += self.encode_word(word), not append",
        ): (lambda text: [list(theirs.encode_word(word)) for word in theirs.pattern.findall(clean(text))]),
        Mistake(
            "this is a tuple for each word, and one list with all ids is wanted",
            way="ids += self.encode_word(word), not append",
        ): (lambda text: [theirs.encode_word(word) for word in theirs.pattern.findall(clean(text))]),
        Mistake("this is a tuple, and a list is wanted", way="list(...) makes one"): lambda text: tuple(
            theirs.encode(text)
        ),
        Mistake("the last word alone is encoded", way="ids += ..., not ids = ..., and the return behind the loop"): (
            lambda text: list([(), *map(theirs.encode_word, theirs.pattern.findall(clean(text)))][-1])
        ),
        Mistake("the first word alone is encoded", way="the return stands behind the loop"): (
            lambda text: list([*map(theirs.encode_word, theirs.pattern.findall(clean(text))), ()][0])
        ),
    }


def spaced(text: str) -> str:
    return text.replace(END_OF_WORD, " ")


def wrong_texts(theirs: BPETokenizer) -> Ways:
    """Of decode."""

    def raw(ids: Iterable[int]) -> list[bytes]:
        return [bytes(theirs.byte_of[letter] for letter in theirs.symbols[i]) for i in ids]

    def whole(ids: Iterable[int], errors: str = "replace", encoding: str = "utf-8") -> str:
        return b"".join(raw(ids)).decode(encoding, errors)

    special = set(theirs.special_ids.values())
    eot = theirs.special_ids[EOT]
    return {
        Mistake(
            "these are the stand-ins: every character stands for a byte",
            way="self.byte_of[character] for each of them, then decode the bytes",
        ): (lambda ids: spaced("".join(theirs.symbols[i] for i in ids))),
        Mistake(
            "the mark </w> is still there, and a space is wanted", way='.replace(END_OF_WORD, " ") at the end'
        ): whole,
        Mistake("the mark </w> is taken away, and a space is wanted", way='.replace(END_OF_WORD, " ")'): lambda ids: (
            whole(ids).replace(END_OF_WORD, "")
        ),
        Mistake(
            "each symbol is decoded by itself, and the bytes of one letter may lie in two",
            way="join all bytes first, then decode once",
        ): (lambda ids: spaced("".join(one.decode(errors="replace") for one in raw(ids)))),
        Mistake(
            "each symbol is decoded by itself, and what is no UTF-8 there vanishes: one letter may lie in two symbols",
            way="join all bytes first, then decode once",
        ): (lambda ids: spaced("".join(one.decode(errors="ignore") for one in raw(ids)))),
        **{
            Mistake(f"the bytes are read as {name}, and they are UTF-8", way='.decode("utf-8", errors="replace")'): (
                partial(lambda ids, encoding: spaced(whole(ids, encoding=encoding)), encoding=name)
            )
            for name in ("latin-1", "ascii", "cp1252", "utf-16")
        },
        Mistake("these are the stand-ins, with a space after every symbol", way="self.byte_of[character] for each"): (
            lambda ids: spaced(" ".join(theirs.symbols[i] for i in ids))
        ),
        Mistake("the symbol before each is taken", way="self.symbols[i], not self.symbols[i - 1]"): lambda ids: spaced(
            whole([i - 1 for i in ids])
        ),
        Mistake("bytes that are no UTF-8 vanish, and � is wanted", way='errors="replace", not "ignore"'): lambda ids: (
            spaced(whole(ids, "ignore"))
        ),
        Mistake("the space at the end is missing: every word has one", way="leave out strip()"): lambda ids: spaced(
            whole(ids)
        ).strip(),
        Mistake(
            "special tokens vanish, and they stand for their own letters",
            way="self.symbols[i] holds them like any other symbol",
        ): (lambda ids: spaced(whole([i for i in ids if i not in special]))),
        Mistake("it stops at EOT, and every id is wanted", way="go through all ids"): lambda ids: spaced(
            whole(list(ids)[: list(ids).index(eot) + 1] if eot in ids else ids)
        ),
        Mistake("the id 0 is left out, and it stands for !", way="leave out the question whether i is 0"): lambda ids: (
            spaced(whole([i for i in ids if i]))
        ),
        Mistake(
            "a space stands after every symbol, and it belongs after a word", way='"".join, not " ".join'
        ): lambda ids: spaced(" ".join(one.decode(errors="replace") for one in raw(ids))),
        Mistake("these are bytes, and a text is wanted", way='.decode("utf-8", errors="replace")'): lambda ids: (
            b"".join(raw(ids))
        ),
    }
