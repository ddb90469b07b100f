"""The known mistakes of lesson 01's merge_pair. Named as in mistakes.py."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

from minclip.bpe import Pair
from minclip.course.assertions import Mistake
from minclip.course.lesson_01_bpe_tokenizer.count_mistakes import Symbols, Ways
from minclip.course.lesson_01_bpe_tokenizer.text_merges import as_pattern, by_borders, cut_out, searched

AS_A_PATTERN = Mistake(
    "the symbols are read as a regular expression, in which . and ( mean something else",
    way="re.escape would help; comparing symbols instead of texts is simpler",
)
FIXED = Mistake(
    "a tuple cannot be changed", way="merged = [] gets one symbol after the other, and tuple(merged) comes back"
)
SHORTER = Mistake(
    "an index goes beyond the end of a list: one that is filled or loses items has another length than the symbols",
    way="a while loop over the symbols, which stay as they are; merged.append(...) fills the result",
)
NO_TUPLE = Mistake("a tuple and a text cannot be added", way="merged += (symbol,): with the comma it is a tuple of one")
NO_SYMBOL = Mistake(
    "index looks for one symbol, and the pair is two of them: it is never found", way="compare (s[i], s[i + 1]) == pair"
)
NOT_THERE = Mistake(
    "index raises an error where it finds nothing",
    way="a while loop over all places needs no index: i goes up by 1 or 2",
)
NO_RIGHT_NEIGHBOUR = Mistake(
    "an index goes beyond the end of a tuple: the last symbol has no right neighbour, and a pair has places 0 and 1",
    way="ask i + 1 < len(symbols) first, or compare symbols[i : i + 2] with the pair",
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


def with_between(separator: str) -> Callable[[Symbols, Pair], Symbols]:
    return lambda symbols, pair: walked(symbols, pair, joined=separator.join(pair))


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
    merged: Symbols = walked(symbols[::-1], pair[::-1], swap=True)
    return merged[::-1]


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


def overlapping(symbols: Symbols, pair: Pair) -> Symbols:
    return tuple(first + second if (first, second) == pair else first for first, second in pairwise(symbols))


def the_last_again(symbols: Symbols, pair: Pair) -> Symbols:
    """The last symbol is appended after the loop, used up or not."""
    whole = to_the_last(symbols, pair)
    return (*whole, symbols[-1])


def every_other_place(symbols: Symbols, pair: Pair) -> Symbols:
    merged: list[str] = []
    for i in range(0, len(symbols), 2):
        merged += [pair[0] + pair[1]] if symbols[i : i + 2] == pair else symbols[i : i + 2]
    return tuple(merged)


def always_by_two(symbols: Symbols, pair: Pair) -> Symbols:
    places = range(0, len(symbols), 2)
    return tuple(pair[0] + pair[1] if symbols[i : i + 2] == pair else symbols[i] for i in places)


def passing_over(symbols: Symbols, pair: Pair) -> Symbols:
    """Merges in place, and goes on by 2 although the symbols are fewer now."""
    i = 0
    while i < len(symbols):
        found = symbols[i : i + 2] == pair
        symbols = (*symbols[:i], pair[0] + pair[1], *symbols[i + 2 :]) if found else symbols
        i += 2 if found else 1
    return symbols


def at_the_first_of_its_symbols(symbols: Symbols, pair: Pair) -> Symbols:
    """As index finds it: the first place of the pair's first symbol, and no other."""
    if pair[0] not in symbols:
        return symbols
    i = symbols.index(pair[0])
    return (*symbols[:i], pair[0] + pair[1], *symbols[i + 2 :]) if symbols[i : i + 2] == pair else symbols


def at_index_plus_one(symbols: Symbols, pair: Pair) -> Symbols:
    """The same, with an error where nothing follows."""
    if pair[0] in symbols:
        symbols[symbols.index(pair[0]) + 1]
    return at_the_first_of_its_symbols(symbols, pair)


INSIDE = "compare symbols: (symbols[i], symbols[i + 1]) == pair"
JOINED = "a text is searched, and there the pair begins or ends inside of longer symbols"
WALK = "after a pair i goes up by 2, else by 1, and merged.append(...) comes in both cases"
SAME_KIND = "merge where (symbols[i], symbols[i + 1]) == pair; mind that a list never equals a tuple"
MERGES: Ways = {
    Mistake("this is a list, and words are keys of a dictionary, which a list cannot be", way="return tuple(merged)"): (
        lambda symbols, pair: list(walked(symbols, pair))
    ),
    Mistake("this is one text, and a tuple of symbols is wanted", way="return tuple(merged)"): (
        lambda symbols, pair: "".join(walked(symbols, pair))
    ),
    Mistake(
        "only the first place is merged, and all are wanted", way="look at the places after it, too: " + WALK
    ): once,
    Mistake(
        "only the first place of the pair's first symbol is looked at, and the pair may stand elsewhere", way=WALK
    ): at_the_first_of_its_symbols,
    Mistake(
        "only the first place of the pair's first symbol is looked at, which may be the last symbol", way=WALK
    ): at_index_plus_one,
    Mistake(
        "after a merge one symbol is passed over: in the shortened word the next one stands at i + 1",
        way="merge into a new list: " + WALK,
    ): passing_over,
    Mistake(
        "i goes up by 2 after every symbol, so the one behind a symbol that stays is lost", way=WALK
    ): always_by_two,
    Mistake("only every other place is looked at, and the pair may begin anywhere", way=WALK): every_other_place,
    Mistake(
        "the last symbol comes again where the pair at the very end has used it up",
        way="while i < len(symbols), and nothing after the loop: " + WALK,
    ): the_last_again,
    Mistake(
        "the pair's symbols are replaced and dropped wherever they stand, side by side or not", way=INSIDE
    ): lambda symbols, pair: tuple(pair[0] + pair[1] if s == pair[0] else s for s in symbols if s != pair[1]),
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
    Mistake(JOINED, way=INSIDE): partial(searched, " "),
    Mistake(f"{JOINED}; a comma may be a symbol, too", way=INSIDE): partial(searched, ","),
    Mistake(f"{JOINED}; a _ may be a symbol, too", way=INSIDE): partial(searched, "_"),
    Mistake(f"{JOINED}; a | may be a symbol, too", way=INSIDE): partial(searched, "|"),
    Mistake("all symbols are joined to one text, and their borders are lost", way=INSIDE): lambda symbols, pair: tuple(
        "".join(symbols).replace("".join(pair), f" {''.join(pair)} ").split()
    ),
    Mistake("all symbols are joined to one text, which then falls into letters", way=INSIDE): cut_out,
    Mistake("the symbols fall into their letters: += adds a text letter by letter", way="merged.append(symbol)"): (
        lambda symbols, pair: tuple("".join(walked(symbols, pair)))
    ),
    Mistake(
        r"\b is the border of a word, and a symbol may begin or end with another character, such as . or </w>",
        way="comparing symbols instead of texts is simpler",
    ): by_borders,
    AS_A_PATTERN: as_pattern,
    Mistake("pairs are merged from the right, and from the left is wanted", way="begin at i = 0: " + WALK): (
        from_the_right
    ),
    Mistake("every pair of neighbours gives a symbol, so a merged one leaves its second half behind", way=WALK): (
        overlapping
    ),
    **{
        Mistake(f"the two are joined with {one!r} between them", way="''.join(pair)"): with_between(one)
        for one in " ,-_+|"
    },
    Mistake("the pair is still two symbols: join them", way="merged.append(pair[0] + pair[1])"): (
        lambda symbols, pair: walked(symbols, pair, joined=pair)
    ),
    Mistake(
        "('n', 'a') is another pair than ('a', 'n'): the order matters", way="(symbols[i], symbols[i + 1]) == pair"
    ): (either_way),
}
