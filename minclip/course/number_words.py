"""Numbers in English words, as digits: "fifty-five" is 55, "a hundred and five" 105, "1.5 million" 1500000.

Also what stands for a number without naming one: percentage points, a coin.
"""

import re
from collections.abc import Mapping

ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
TEENS = ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
VALUES = {word: value for value, word in enumerate([*ONES, *TEENS])} | {
    word: 20 + 10 * i for i, word in enumerate(TENS)
}
SCALES = {"million": 10**6, "thousand": 1000, "hundred": 100, "dozen": 12}
ANY = "|".join([*VALUES, *SCALES])
SPELLED = re.compile(rf"\b(?:a )?(?:{ANY})(?:(?:[ -]| and )(?:{ANY}))*\b")
SCALED = re.compile(r"(\d+\.?\d*|\.\d+) *(million|thousand|hundred|dozen|k)\b")

LARGER = "larger|more|bigger|greater|higher"
SMALLER = "smaller|fewer|less|lower|weaker"
POINT = r"(?:per ?cent(?:age)?[ -]+|%[ -]*)?(?:points?|pts?|ppts?|p\.? ?p)\b"
POINTS = re.compile(rf"\s*(?:{POINT}|%|\bper ?cent\b)")
PART_OF_A_POINT = re.compile(rf"\b(?:a )?(half|third|quarter|fifth|tenth) (?:of )?an? (?={POINT})")
GUESSED = re.compile(
    r"(?:(?:no|not|hardly|barely|any) (?:better|more) than|as (?:good|bad|often|well) as|the same as|same as|equal to|"
    r"like|just|only|pure|random|at|by|an?|the|is|it|that of|a flip of|a toss of| )*"
    r"(?:coin(?:[ -]?(?:flip|toss|throw))?s?|chance(?:[ -]level)?|guess(?:ing|es|work)?|random(?:ly)?|luck)"
    r"(?: would(?: be)?| does| gets?)?"
)
COMPARISON = re.compile(rf"(?:(?<=\d)|\b)[ -]*(?:times|x|fold) +(?:(?:{LARGER})|({SMALLER}))\b")


def without_comparison(text: str, question: str) -> tuple[str, bool]:
    """What stands before "times smaller" or "times larger", and whether 1 divided by it is meant.

    >>> without_comparison("10 times smaller", "How many times the other?")
    ('10', True)
    >>> without_comparison("10 times fewer", "How many times fewer?"), without_comparison("10 times", "How many times?")
    (('10', False), ('10 times', False))
    """
    if found := COMPARISON.search(text):
        return text[: found.start()], found[1] is not None and found[1] not in question
    return text, False


def is_guessing(text: str) -> bool:
    """Whether it says that the number is what guessing gives.

    >>> is_guessing("no better than a coin"), is_guessing("at chance level"), is_guessing("two coins")
    (True, True, False)
    """
    return GUESSED.fullmatch(text) is not None


def in_points(text: str, parts: Mapping[str, float]) -> str:
    """The text, lower case, without the words for percentage points; "4 %" is 4 of them. parts: "half" -> 0.5.

    >>> in_points("3.6 pp to 4 %", {}), in_points("half a percentage point", {"half": 0.5})
    ('3.6 to 4', '0.5')
    """
    text = PART_OF_A_POINT.sub(lambda found: f"{parts[found[1]]:.4g} ", text)
    return POINTS.sub("", text).strip()


def with_digits(text: str) -> str:
    """The text, lower case, with digits for the numbers that are spelled; "two three" is no number and stays.

    >>> with_digits("one hundred and five or twenty-six")
    '105 or 26'
    """

    def in_digits(found: re.Match[str]) -> str:
        value = value_of(found[0].replace("-", " ").split())
        return found[0] if value is None else str(value)

    def in_full(found: re.Match[str]) -> str:
        return f"{float(found[1]) * (SCALES | {'k': 1000})[found[2]]:.12g}"

    text = SPELLED.sub(in_digits, SCALED.sub(in_full, text))
    text = re.sub(r"(?<=\d) point (?=\d)", ".", text)
    return re.sub(r"(?<![\d.])\d{1,3}(?: \d{3})+(?![\d.])", lambda found: found[0].replace(" ", ""), text)  # 1 000


def value_of(words: list[str]) -> int | None:
    """Of a number in words; None where they are not put as one number."""
    for scale, size in SCALES.items():
        if scale in words:
            place = words.index(scale)
            before, after = words[:place], words[place + 1 :]
            if after[:1] == ["and"]:
                after = after[1:]
            factor = 1 if before in ([], ["a"]) else value_of(before)
            rest = value_of(after) if after else 0
            return None if factor is None or rest is None or rest >= size else factor * size + rest
    values = [VALUES.get(word, -1) for word in words]
    if len(values) == 1 and values[0] >= 0:
        return values[0]
    if len(values) == 2 and words[0] in TENS and 0 < values[1] < 10:
        return sum(values)
    return None
