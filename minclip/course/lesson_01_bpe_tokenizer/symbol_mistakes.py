"""The known mistakes with the symbols of one word: bytes as characters, a pair merged.

Named as in mistakes.py. The ranks of merges are in rank_mistakes.py.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from minclip.bpe import Pair
from minclip.course.assertions import Known, Mistake
from minclip.course.lesson_01_bpe_tokenizer.count_mistakes import Symbols, Ways

PRINT = [*range(33, 127), *range(161, 173), *range(174, 256)]  # bytes that do, in Latin-1
RANGES = "[*range(33, 127), *range(161, 173), *range(174, 256)] print"
AS_A_PATTERN = Mistake(
    "the symbols are read as a regular expression, in which . and ( mean something else",
    way="re.escape would help; comparing symbols instead of texts is simpler",
)
CHARACTER = Mistake(
    "range and chr take numbers, and this is a character", way='ord("!") is the number of a character: range(33, 127)'
)
FIXED = Mistake(
    "a tuple cannot be changed", way="merged = [] gets one symbol after the other, and tuple(merged) comes back"
)
SHORTER = Mistake(
    "an index goes beyond the end of a list: one that is filled or loses items has another length than the symbols",
    way="a while loop over the symbols, which stay as they are; merged.append(...) fills the result",
)
NO_RIGHT_NEIGHBOUR = Mistake(
    "an index goes beyond the end of a tuple: the last symbol has no right neighbour, and a pair has places 0 and 1",
    way="ask i + 1 < len(symbols) first, or compare symbols[i : i + 2] with the pair",
)


def characters(own: Iterable[int], borrowed: Callable[[int, int], int] = lambda place, byte: 256 + place) -> list[str]:
    """Of bytes 0 to 255. own: those that stand for themselves; borrowed: (place among the others, byte) -> number."""
    own = set(own)
    others = [byte for byte in range(256) if byte not in own]
    return [chr(byte if byte in own else borrowed(others.index(byte), byte)) for byte in range(256)]


def wrong_characters() -> Known:
    """Of bytes_to_unicode: the values for bytes 0 to 255."""
    short = [*range(33, 126), *range(161, 172), *range(174, 255)]
    shorter = [*range(33, 126), *range(161, 172), *range(174, 256)]
    one_by_one = "chr(256 + i) for number i of the 68 others"
    return {
        Mistake("every byte stands for itself, and 68 of these do not print", way=RANGES): lambda: characters(
            range(256)
        ),
        Mistake(
            "the others must come one after the other, 256, 257, 258, ...", way=f"{one_by_one}, not chr(256 + byte)"
        ): (lambda: characters(PRINT, lambda place, byte: 256 + byte)),
        Mistake(
            "the space stands for itself: a file of merges is split at its spaces", way="byte 32 is one of the others"
        ): (lambda: characters([32, *PRINT])),
        Mistake(
            "a run ends before its last character: ~, ¬ and ÿ are missing", way=f"range(a, b) ends before b: {RANGES}"
        ): (lambda: characters(short)),
        Mistake(
            "a run ends before its last character: ~ and ¬ are missing", way=f"range(a, b) ends before b: {RANGES}"
        ): (lambda: characters(shorter)),
        Mistake("173, the soft hyphen between ¬ and ®, does not print", way=RANGES): lambda: characters([173, *PRINT]),
        Mistake("127, behind ~, does not print", way=RANGES): lambda: characters([127, *PRINT]),
        Mistake("160, before ¡, is a space that does not print", way=RANGES): lambda: characters([160, *PRINT]),
        Mistake("only ASCII stands for itself here, and ¡ to ¬ and ® to ÿ print, too", way=RANGES): lambda: characters(
            range(33, 127)
        ),
        Mistake("every byte borrows a character, and the 188 that print stand for themselves", way=RANGES): lambda: [
            chr(256 + byte) for byte in range(256)
        ],
        Mistake("the others begin at 257, and 256 is free", way=one_by_one): lambda: characters(
            PRINT, lambda place, byte: 257 + place
        ),
        Mistake("these are numbers, and characters are wanted", way="chr makes a character of a number"): lambda: [
            ord(one) for one in characters(PRINT)
        ],
        Mistake("the others are the characters of their places, as chr(0) for the first", way=one_by_one): lambda: (
            characters(PRINT, lambda place, byte: place)
        ),
    }


def odd_bytes(came: Sequence[Any]) -> Mistake:
    """Which values of bytes_to_unicode are wrong, where they are those of no mistake that is known."""
    own = {byte for byte in range(256) if came[byte] == chr(byte)}
    extra, missing = sorted(own - set(PRINT)), sorted(set(PRINT) - own)
    if len(set(map(str, came))) < len(came):
        return Mistake("several bytes have the same character, so no text could be read back", way=RANGES)
    if extra:
        bytes_ = ", ".join("32 (the space)" if byte == 32 else str(byte) for byte in extra[:4]) + (
            ", ..." if len(extra) > 4 else ""
        )
        return Mistake(f"these bytes stand for themselves, and they do not print: {bytes_}", way=RANGES)
    if missing:
        letters = " ".join(map(chr, missing[:4])) + (" ..." if len(missing) > 4 else "")
        words = f"these characters print, and they do not stand for themselves here: {letters}"
        return Mistake(words, way=f"range(a, b) begins with a and ends before b: {RANGES}")
    return Mistake(
        "the 188 that print are right, and the 68 others are not 256, 257, 258, ... in order",
        way="chr(256 + i) for number i of the 68 others",
    )


def walked(symbols: Symbols, pair: Pair, step: int = 2, swap: bool = False, joined: Any = None, ways: int = 1) -> Any:
    """Merging by the book. ways: 2 where the order in a pair is lost; joined: what it becomes, if not a text."""
    merged: list[Any] = []
    i = 0
    while i < len(symbols):
        if tuple(symbols[i : i + 2]) in (pair, pair[::-1])[:ways]:
            merged.append(joined or (pair[1] + pair[0] if swap else pair[0] + pair[1]))
            i += step
        else:
            merged.append(symbols[i])
            i += 1
    return tuple(merged)


def to_the_last(symbols: Symbols, pair: Pair) -> Symbols:
    """Stops before the last symbol, which is lost unless it was merged."""
    merged, i = [], 0
    while i < len(symbols) - 1:
        merged.append(pair[0] + pair[1] if symbols[i : i + 2] == pair else symbols[i])
        i += 2 if symbols[i : i + 2] == pair else 1
    return tuple(merged)


def without_the_last_pair(symbols: Symbols, pair: Pair) -> Symbols:
    """Does not look at the last two symbols together."""
    merged, i = [], 0
    while i < len(symbols):
        found = i < len(symbols) - 2 and symbols[i : i + 2] == pair
        merged.append(pair[0] + pair[1] if found else symbols[i])
        i += 2 if found else 1
    return tuple(merged)


def once(symbols: Symbols, pair: Pair) -> Symbols:
    for i, found in enumerate(pairwise(symbols)):
        if found == pair:
            return (*symbols[:i], pair[0] + pair[1], *symbols[i + 2 :])
    return symbols


def from_the_right(symbols: Symbols, pair: Pair) -> Symbols:
    return walked(symbols[::-1], pair[::-1], swap=True)[::-1]


def either_way(symbols: Symbols, pair: Pair) -> Symbols:
    """As walked with two ways, but what stands there is joined as it stands there."""
    merged, i = [], 0
    while i < len(symbols):
        found = symbols[i : i + 2] in (pair, pair[::-1])
        merged.append("".join(symbols[i : i + 2]) if found else symbols[i])
        i += 2 if found else 1
    return tuple(merged)


def by_letters(symbols: Symbols, pair: Pair) -> Symbols:
    merged, i = [], 0
    while i < len(symbols):
        found = i + 1 < len(symbols) and symbols[i] + symbols[i + 1] == pair[0] + pair[1]
        merged.append(pair[0] + pair[1] if found else symbols[i])
        i += 2 if found else 1
    return tuple(merged)


def as_pattern(symbols: Symbols, pair: Pair) -> Symbols:
    found = re.sub(rf"(?<!\S){' '.join(pair)}(?!\S)", "".join(pair), " ".join(symbols))
    return tuple(found.split(" "))


def overlapping(symbols: Symbols, pair: Pair) -> Symbols:
    return tuple(first + second if (first, second) == pair else first for first, second in pairwise(symbols))


WALK = "i goes on by 2 behind a pair, else by 1: merged.append(...) in both cases"
SAME_KIND = "merge where (symbols[i], symbols[i + 1]) == pair; mind that a list never equals a tuple"
MERGES: Ways = {
    Mistake("this is a list, and words are keys of a dictionary, which a list cannot be", way="return tuple(merged)"): (
        lambda symbols, pair: list(walked(symbols, pair))
    ),
    Mistake("this is one text, and a tuple of symbols is wanted", way="return tuple(merged)"): (
        lambda symbols, pair: "".join(walked(symbols, pair))
    ),
    Mistake("only the first place is merged, and all are wanted", way="go on behind the first one: " + WALK): once,
    Mistake("the second symbol of the pair is still there", way=WALK): partial(walked, step=1),
    Mistake(
        "the last symbol is lost: it has no right neighbour, but it stays", way="while i < len(symbols): " + WALK
    ): (to_the_last),
    Mistake("the pair at the very end is not merged", way="symbols[i : i + 2] == pair can be asked up to the end"): (
        without_the_last_pair
    ),
    Mistake("nothing is merged", way=SAME_KIND): lambda symbols, pair: symbols,
    Mistake("the two are joined the wrong way round", way="pair[0] + pair[1]"): partial(walked, swap=True),
    Mistake(
        "the order matters: ('n', 'a') is another pair than ('a', 'n')", way="(symbols[i], symbols[i + 1]) == pair"
    ): (partial(walked, ways=2)),
    Mistake(
        "letters are compared, not symbols: with the pair ('a', 'bc'), ('ab', 'c') stays",
        way="(symbols[i], symbols[i + 1]) == pair",
    ): by_letters,
    Mistake(
        "a text is searched, and there the pair begins or ends inside of longer symbols",
        way="compare symbols: (symbols[i], symbols[i + 1]) == pair",
    ): lambda symbols, pair: tuple(" ".join(symbols).replace(" ".join(pair), "".join(pair)).split(" ")),
    AS_A_PATTERN: as_pattern,
    Mistake("pairs are merged from the right, and from the left is wanted", way="begin at i = 0: " + WALK): (
        from_the_right
    ),
    Mistake("every pair of neighbours gives a symbol, so a merged one leaves its second half behind", way=WALK): (
        overlapping
    ),
    Mistake("the pair is still two symbols: join them", way="merged.append(pair[0] + pair[1])"): (
        lambda symbols, pair: walked(symbols, pair, joined=pair)
    ),
    Mistake(
        "('n', 'a') is another pair than ('a', 'n'): the order matters", way="(symbols[i], symbols[i + 1]) == pair"
    ): (either_way),
}
