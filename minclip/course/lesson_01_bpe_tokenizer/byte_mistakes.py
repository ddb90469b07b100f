"""The known mistakes of lesson 01's bytes_to_unicode: what is wrong, the way out, and the characters that it gives."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from minclip.course.assertions import Known, Mistake

PRINT = [*range(33, 127), *range(161, 173), *range(174, 256)]  # bytes that do, in Latin-1
RANGES = "[*range(33, 127), *range(161, 173), *range(174, 256)] print"
CHARACTER = Mistake(
    "range and chr take numbers, and this is a character", way='ord("!") is the number of a character: range(33, 127)'
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


def odd_keys(came: Iterable[Any]) -> Mistake | str:
    """Which keys of bytes_to_unicode are wrong, where they are those of no mistake that is known."""
    keys = set(came)
    if keys == {chr(byte) for byte in range(256)}:
        return Mistake(
            "the keys are chr(byte), and the number itself is wanted", way="table[byte] = ..., without chr around byte"
        )
    if kinds := {type(key).__name__ for key in keys if not isinstance(key, int)}:
        way = "table[byte] = ..., where byte comes from range(256)"
        return Mistake(f"keys are of type {' and '.join(sorted(kinds))}, and every one should be a number", way=way)
    missing, extra = sorted(set(range(256)) - keys), sorted(keys - set(range(256)))
    parts = [f"{words}: {few(found)}" for words, found in (("missing", missing), ("too many", extra)) if found]
    return Mistake(f"of the keys some are {', '.join(parts)}", way="range(256) has the numbers 0 to 255")


def few(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:4])) + (", ..." if len(numbers) > 4 else "")


def odd_bytes(came: Sequence[Any]) -> Mistake:
    """Which values of bytes_to_unicode are wrong, where they are those of no mistake that is known."""
    if kinds := {type(one).__name__ for one in came if not isinstance(one, str)}:
        return Mistake(
            f"values are of type {' and '.join(sorted(kinds))}, and every one should be a character, of type str",
            way="chr(number) is the character of a number: chr(33) is '!', and bytes([33]) is b'!'",
        )
    if odd := next((one for one in came if len(one) != 1), None):
        return Mistake(f"a value is one character, and this is none: {odd[:20]!r}", way="chr(33) is '!'")
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
