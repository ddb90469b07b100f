"""How lesson 01's tokenizer is judged, method by method: words, texts and back, and the rows that the model reads."""

import io
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout, suppress
from functools import partial, wraps
from typing import Any

from minclip import tokenizer as library
from minclip.course.assertions import Errors, Mistake, Trial, Wrong
from minclip.course.battery import READ_TWICE, any_iterable, in_turn
from minclip.course.lesson_01_bpe_tokenizer.error_signs import (
    a_special_token_is_no_key,
    an_id_is_no_key,
    byte_of_a_space,
    byte_of_a_symbol,
    longer_row,
    own_refusal,
    rows_of_77,
    symbol_without_id,
    text_for_a_row,
    texts_in_rows,
)
from minclip.course.lesson_01_bpe_tokenizer.row_mistakes import (
    FIXED_77,
    LIMIT_77,
    NOT_CUT,
    NOT_REFUSED,
    NOT_REFUSED_YET,
    NOT_TOO_LONG,
    NOTHING_TO_STACK,
    RAGGED,
    SWAPPED_NUMBERS,
    SWAPPED_TEXT,
    TEXTS_IN_ROWS,
    TO_BE_CUT,
    wrong_rows,
)
from minclip.course.lesson_01_bpe_tokenizer.tokenizer_mistakes import (
    A_PART,
    BYTE_OF_A_CHARACTER,
    BYTES_ALREADY,
    NO_RANKS,
    NO_SPACE,
    NO_SPECIAL_ID,
    NO_UTF8,
    ONE_CHARACTER,
    SYMBOLS_OF_IDS,
    UNKNOWN_SYMBOL,
    UNUSED_IDS,
    wrong_ids,
    wrong_texts,
    wrong_words,
)
from minclip.tokenizer import EOT, SOT

TEXTS = ["a low photo of the lowest newest river"] * 9 + ["the widest newer shower, a naïve café's flower bed"] * 5
OTHER_TEXTS = ["two reds! the new low red photo ..."] * 7 + ["lower the reddest bed"] * 4
Tokenizer = library.BPETokenizer


def BPETokenizer(t: Trial) -> None:
    theirs, other = Tokenizer.train(TEXTS, 580, 16), Tokenizer.train(OTHER_TEXTS, 540, 9)
    mine, second = (t.call(t.mine, one.merges, one.context_length) for one in (theirs, other))
    given = ("byte_of", "ids", "symbols", "special_ids", "ranks")
    t.holds(all(getattr(mine, name) == getattr(theirs, name) for name in given), "keep the constructor as it was given")
    both = ((mine, theirs), (second, other))
    with t.method("encode_word"):
        encode_word(t, mine, theirs)
        words = ((given_as(tuple, one.encode_word), right.encode_word, ("newer",)) for one, right in both)
        in_turn(t, *words)
    with t.method("encode"):
        encode(t, mine, theirs)
        in_turn(t, *((one.encode, right.encode, ("a newer bed",)) for one, right in both))
        learned = t.call(t.mine.train, TEXTS, 540, as_="BPETokenizer.train")
        again = t.call(t.mine.from_json, learned.to_json(), as_="BPETokenizer.from_json")
        t.holds(again.encode(TEXTS[0]) == Tokenizer.train(TEXTS, 540).encode(TEXTS[0]), "train has other merges")
    with t.method("decode"):
        decode(t, mine, theirs)
        in_turn(t, *((one.decode, right.decode, ([525, 528],)) for one, right in both))
    with t.method("__call__"):
        rows(t, mine, theirs)
        in_turn(t, *((one.__call__, right, (["a red bed"],)) for one, right in both))


def given_as(kind: Callable[[Any], Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, its result as a dict or tuple: what another kind of collection holds is compared, not the kind."""

    @wraps(function)
    def converted(*arguments: Any) -> Any:
        return kind(function(*arguments))

    return converted


def encode_word(t: Trial, mine: Any, theirs: Tokenizer) -> None:
    helps: Errors = {
        a_special_token_is_no_key: NO_SPECIAL_ID,
        symbol_without_id: UNKNOWN_SYMBOL,
        "'list' object has no attribute 'get'": NO_RANKS,
    }
    words = ("lowest", "newer", "a", "xyz", "!!", "café", SOT, EOT, "🌵")
    for word in words:
        known = t.acting_like(mine.encode_word, wrong_words(theirs), word, *words[:-1])
        came, expected = t.call(mine.encode_word, word, errors=helps), theirs.encode_word(word)
        t.same(came, list(expected) if isinstance(came, list) else expected, known)  # a list does no harm


def encode(t: Trial, mine: Any, theirs: Tokenizer) -> None:
    texts = (
        "a wider flow",
        "The  LOWEST river&amp;flower, newer!",
        "a naïve café 🌵",
        "",
        "newest!! low... 27 beds",
        f"a{EOT}b new {SOT}",
    )
    for text in texts:
        known = t.acting_like(mine.encode, wrong_ids(theirs), text, *texts)
        t.same(t.call(mine.encode, text, errors={symbol_without_id: UNKNOWN_SYMBOL}), theirs.encode(text), known)


def decode(t: Trial, mine: Any, theirs: Tokenizer) -> None:
    broken: Errors = {
        an_id_is_no_key: SYMBOLS_OF_IDS,
        byte_of_a_space: NO_SPACE,
        byte_of_a_symbol: ONE_CHARACTER,
        "'bytes' object cannot be interpreted as an integer": BYTES_ALREADY,
        "UnicodeEncodeError": BYTE_OF_A_CHARACTER,
        "ValueError: bytes must be in range(0, 256)": BYTE_OF_A_CHARACTER,
    }
    cactus = theirs.encode("a 🌵")
    cases: tuple[list[int], ...] = (
        theirs.encode("the lowest shower"),
        theirs.encode("a naïve café, ñandú 🦊"),
        theirs.encode("wow!! a b!"),
        [0, 66, 256],
        [theirs.special_ids[SOT], *theirs.encode("new flower"), theirs.special_ids[EOT], *theirs.encode("a bed")],
        [*cactus[:2], *theirs.encode("bed")],
        [],
    )
    for ids in cases:
        known = t.acting_like(mine.decode, wrong_texts(theirs), ids, *cases)
        helps = {**broken, "UnicodeDecodeError": NO_UTF8 if "�" in theirs.decode(ids) else A_PART}
        t.same(t.call(mine.decode, ids, errors=helps), theirs.decode(ids), known)
    twice = UNUSED_IDS if reads_again_after_as_ids(mine.decode, cases[0]) else READ_TWICE
    any_iterable(t, mine.decode, theirs.decode, cases[0], read_twice=twice)
    t.raises(ValueError, mine.decode, [-1], why="no id is negative: as_ids(ids, len(self)) refuses what is none")


def reads_again_after_as_ids(decode: Callable[..., Any], ids: list[int]) -> bool:
    """Whether as_ids goes through the ids, and somebody else does so again."""
    readers: list[str] = []

    class Watched:
        def __iter__(self) -> Iterator[int]:
            readers.append(sys._getframe(1).f_code.co_name)
            return iter(ids)

    with suppress(Exception):
        decode(Watched())
    return readers[:1] == ["as_ids"] and len(readers) > 1


def rows(t: Trial, mine: Any, theirs: Tokenizer) -> None:
    ragged = "ValueError: expected sequence of length"
    plain = ["a lowest river!", "the newest shower of the widest flower", "(Bed)", "a lowest river!"]
    exact, just, longer = "a " * 14, "a " * 15, "the photo " * 9
    spelled = [f"low{EOT}bed", f"{SOT} a", EOT]
    fit = [(plain,), ("a naïve photo",), (["a bed"],), (spelled,), ([exact],), ([],)]
    cut = [
        ([plain[0], longer, exact], True),
        ([just, f"{'a ' * 12}xyzuvw", f"{EOT} {longer}", f"{'a ' * 13}{EOT} a"], True),
    ]
    for inputs in fit:
        known = t.acting_like(mine.__call__, wrong_rows(theirs), inputs, *fit[:4])
        helps: Errors = {
            a_special_token_is_no_key: NO_SPECIAL_ID,
            texts_in_rows: TEXTS_IN_ROWS,
            rows_of_77: FIXED_77,
            "stack expects a non-empty": NOTHING_TO_STACK,
            ragged: RAGGED,
        }
        if inputs == ([exact],):
            helps = {**helps, own_refusal: NOT_TOO_LONG}
        t.same(t.call(mine.__call__, *inputs, errors=helps), theirs(*inputs), known)
    refusal(t, mine, theirs, [plain[0], longer], NOT_REFUSED)
    refusal(t, mine, theirs, [plain[0], just], NOT_REFUSED_YET)
    for texts, truncate in cut:
        known = t.acting_like(mine.__call__, wrong_rows(theirs), (texts, truncate), *cut)
        helps = {partial(longer_row, theirs.context_length): NOT_CUT, ragged: RAGGED, own_refusal: TO_BE_CUT}
        t.same(t.call(mine.__call__, texts, errors=helps, truncate=truncate), theirs(texts, truncate), known)
    any_iterable(t, mine.__call__, theirs, plain)


def refusal(t: Trial, mine: Any, theirs: Tokenizer, texts: list[str], otherwise: Mistake) -> None:
    """Claims that a text that is too long is refused, with both numbers and the way out."""
    own, length = len(theirs.encode(texts[-1])), theirs.context_length
    why = f"{own + 2} tokens, context_length is {length}, and truncate is False"
    try:
        said = t.raises(ValueError, mine.__call__, texts, why=why)
    except Wrong as wrong:
        accepted, cause = wrong.lines[0] == "accepts what it must refuse", wrong.__cause__
        mistakes = [LIMIT_77 if has_limit(mine, 77) else otherwise] if accepted else []
        if cause is not None and text_for_a_row(cause):
            mistakes = [SWAPPED_TEXT]
        raise Wrong(*wrong.lines, *mistakes) from cause
    if said.startswith("expected sequence"):
        lines = f"  expected  a ValueError: {why}", f"  got       PyTorch's: {said}"
        why_not = LIMIT_77 if has_limit(mine, 77) else otherwise
        raise Wrong(*t.heading("does not refuse it, and torch.tensor fails"), *lines, why_not)
    named = re.search(r"caption (\d+) has \d+ tokens, the model reads", said)  # text_too_long says it so
    t.holds(not named or named[1] == "1", "the error names the wrong text", f"  says      {said:.60}",
            "the text that is too long is number 1, counted from 0")  # fmt: skip
    swapped = re.search(rf"has {length} tokens, the model reads {own + 2}\b", said) is not None
    if swapped:
        raise Wrong(*t.heading("the error does not help"), f"  says      {said:.60}", SWAPPED_NUMBERS)
    wanted = "say how many tokens it has, how many fit, and that truncate=True would cut it"
    numbers = set(re.findall(r"\d+", said))
    whole, inside = {str(own + 2), str(length)}, {str(own), str(length - 2)}  # both with SOT and EOT, or without
    if numbers & (whole | inside) and not (whole <= numbers or inside <= numbers):
        wanted = f"with SOT and EOT it has {own + 2} tokens and {length} fit, without them {own} and {length - 2}"
    helpful = (whole <= numbers or inside <= numbers) and "truncate" in said
    t.holds(helpful, "the error does not help", f"  says      {said:.60}", wanted)


def has_limit(mine: Any, tokens: int) -> bool:
    """Whether it refuses a text of one token more than these, SOT and EOT included, and not one of these."""

    def refuses(own: int) -> bool:
        try:
            mine("a " * own)
        except Exception as error:
            return own_refusal(error) and "invalid for input of size" not in str(error)
        return False

    with redirect_stdout(io.StringIO()):
        return refuses(tokens - 1) and not refuses(tokens - 2)
