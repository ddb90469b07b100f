"""A number as a learner types it: 0.8, "80 %", 0,96, "1/3", "a half", "about 4", "4.1-4.2", "ln 64", "fifty", a tensor.

numbers_of() reads it, or raises Unreadable with a sentence for the learner. What may mean two numbers, such as 1,234,
is refused. Numbers in words are in number_words.py.
"""

import ast
import math
import operator
import re
import warnings
from collections.abc import Callable, Collection
from decimal import Decimal
from numbers import Real

from minclip.course.number_words import in_points, with_digits

LONGEST = 100  # characters: no number takes more, and what is nested without end never gets to the parser
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
A_LITTLE = r"(?:just|slightly|a little|a bit)"
SIDES = r"(?:under|over|below|above|about|(?:less|more) than)"
NEAR = rf"about|around|near(?:ly)?|almost|close to|not quite|{A_LITTLE} {SIDES}"
ROUGHLY = rf"{NEAR}|exactly|roughly|approx(?:imately)?|circa|ca"
HEDGE = rf"(?:{ROUGHLY}|maybe|perhaps|probably|i (?:think|guess))\b\.?|[~≈=]"
THAN = r"(?:less|more|fewer|greater|smaller|larger) than"
SIDE = re.compile(rf"^(?:[<>≤≥]|(?:{THAN}|over|under|above|below|at least|at most)\b)")
HEDGES = re.compile(rf"^(?:\s*(?:{HEDGE}))+")
AFTERTHOUGHT = re.compile(
    r"\s*[,;(]?\s*\b(?:i (?:think|guess|suppose|believe)|i['’]d (?:say|guess)|maybe|perhaps|probably)\)?$"
)
SIGNS = {"−": "-", "×": "*", "·": "*", "^": "**", "²": "**2", "√": "sqrt "}
NOTHING = ("nothing", "none", "no", "not", "no gradient", "no difference")
ALL = ("all", "everything", "every one", "each one", "every single one")
NO_NUMBER = "I cannot read that as a number."
PARTS = {"half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4, "fifth": 1 / 5, "tenth": 1 / 10}
FUNCTIONS: dict[str, Callable[..., float]] = {
    "ln": math.log,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "sqrt": math.sqrt,
    "exp": math.exp,
}
OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


A_PART = re.compile(rf"(?:(an?|\d+)[ -])?({'|'.join(PARTS)})s?")
A_PART_OF = re.compile(rf"((?:(?:an?|\d+)[ -])?(?:{'|'.join(PARTS)})s?) of (?:the |all |those )?({NUMBER})")
HALF_AND_HALF = re.compile(r"50 ?[/:] ?50|(half|fifty)[ -](?:and[ -])?\1")
OF_THEM = r" of (?:it|them|all|those)$"


class Unreadable(ValueError):
    """The message is a sentence for the learner. What to write instead is said after it."""


class Range(tuple[float, float]):
    """What a learner typed, from and to: the same number twice, unless it is a range."""

    near: bool  # said to be near it: "almost 1"

    def __new__(cls, low: float, high: float, near: bool = False) -> "Range":
        made = super().__new__(cls, (low, high))
        made.near = near
        return made


def numbers_of(
    answer: object, unit: str = "", nouns: Collection[str] = (), has_total: bool = False
) -> tuple[float, float, bool]:
    """(low, high, whether it was said in percent): low and high are the same unless it is a range.

    nouns: words that may follow the number, since the question is about them; has_total: whether "all" is a number.
    """
    if isinstance(answer, str):
        low, high, percent = from_text(answer, unit, nouns, has_total)
    else:
        low = high = from_object(answer)
        percent = False
    if not (math.isfinite(low) and math.isfinite(high)):
        raise Unreadable("That is no finite number.")
    return min(low, high), max(low, high), percent


def from_object(answer: object) -> float:
    """Numbers of Python, NumPy and PyTorch, tensors of one element, and the pair that Python makes of 0,96."""
    if isinstance(answer, tuple) and len(answer) == 2 and all(type(part) is int for part in answer):
        whole, decimals = answer
        if decimals > 0 and (whole == 0 or len(str(decimals)) != 3):
            return float(f"{whole}.{decimals}")
        raise Unreadable(f"With that comma Python sees two numbers, {whole} and {decimals}.")
    if isinstance(answer, tuple):
        raise Unreadable("With commas Python sees several answers.")
    answer = plain_value(answer)
    if isinstance(answer, bool):
        raise Unreadable(f"{answer} is no number.")
    if not isinstance(answer, Real | Decimal):
        raise Unreadable(f"That is not one number, it is of type {type(answer).__name__}.")
    try:
        return float(answer)
    except (OverflowError, ValueError):
        raise Unreadable("That is no finite number.") from None


def plain_value(answer: object) -> object:
    """Python's own value where a tensor, an array or one of NumPy's numbers holds a single one."""
    try:
        return answer.item() if hasattr(answer, "item") else answer
    except (ValueError, RuntimeError, TypeError):
        return answer


def from_text(text: str, unit: str, nouns: Collection[str], has_total: bool) -> tuple[float, float, bool]:
    """numbers_of() for what stands in quotes."""
    if len(text) > LONGEST:
        raise Unreadable("I cannot read so long a text as a number.")
    plain = text.strip().lower().rstrip("?!. ")
    for sign, meaning in SIGNS.items():
        plain = plain.replace(sign, meaning)
    plain = with_digits(HEDGES.sub("", AFTERTHOUGHT.sub("", plain)).strip())
    plain = re.sub(r"(?<=\d)(?: or so|ish)$", "", plain)
    if SIDE.match(plain):
        raise Unreadable("That says on which side of a number it is.")
    if unit == "points":  # of percent: 4 % are 4 points
        plain = in_points(plain, PARTS)
    percent = bool(re.search(r"%|\bper ?cent\b", plain))
    plain = re.sub(r"%|\bper ?cent\b", " ", plain).strip()
    if unit == "times":
        plain = of_times(plain)
    if unit:
        plain = re.sub(rf"(?:{unit}|{singular(unit)}|(?<=\d) *x)$", "", plain).strip()
    while (words := plain.rsplit(maxsplit=1))[1:] and words[1] in nouns:
        plain = words[0]
    plain = with_decimal_points(in_signs(plain))
    if re.sub(OF_THEM, "", plain) in ALL:
        if not has_total:
            raise Unreadable("This question has no total that all could mean.")
        return 100, 100, True
    ends = re.fullmatch(rf"(?:from |between )?({NUMBER})\s*(-|–|to|or|and|\.\.+)\s*({NUMBER})", plain)
    if ends and not (ends[2] == "-" and float(ends[1]) > float(ends[3])):  # which is a subtraction
        return float(ends[1]), float(ends[3]), percent
    if HALF_AND_HALF.fullmatch(plain):
        return 50, 50, True
    part = re.fullmatch(rf"({NUMBER}) *(?:/|in|(?:out )?of(?: the)?) *({NUMBER})", plain)
    if part and not percent and 0 <= float(part[1]) <= float(part[2]) != 0:  # 1/3, 16 of 16
        value, percent = 100 * float(part[1]) / float(part[2]), True
    else:
        counted = bool(unit) and unit != "times" and not has_total
        if counted and A_PART.fullmatch(re.sub(OF_THEM, "", plain)):
            raise Unreadable("A part of what? Write how many.")
        value = computed(plain) if (spelled := in_words(plain, has_total)) is None else spelled
        percent = percent or (has_total and A_PART_OF.fullmatch(plain) is not None)
    return value, value, percent


def is_near(answer: object) -> bool:
    """Whether it is said to be near a number, and not that number: "almost 1", "~0".

    >>> is_near("almost 1"), is_near("I think 1"), is_near(1)
    (True, False, False)
    """
    near = rf"(?:{HEDGE}\s*)*(?:(?:{NEAR})\b|[~≈])"
    return isinstance(answer, str) and re.match(near, answer.strip().lower()) is not None


def of_times(text: str) -> str:
    """The number of how many times: 60 for "a factor of 60", "60-fold" and "60 times"; 2 for "twice as large"."""
    text = re.sub(r"^(?:by )?(?:a )?factor (?:of )?", "", text)
    text = re.sub(r" as (?:large|big|much|many|strong|small|few)$", "", text)
    text = {"twice": "2", "double": "2", "thrice": "3", "the same": "1", "equal": "1"}.get(text, text)
    return re.sub(r"(?<=\d)[ -]?fold$", "", text)


def singular(unit: str) -> str:
    return re.sub(r"(?<=ch)es$|s$", "", unit)


def with_decimal_points(text: str) -> str:
    """0,96 as 0.96. Unreadable for 1,234, which may be 1234 or 1.234."""
    if "(" in text:  # log(64, 2)
        return text
    if either := re.search(r"(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?!\d)", text):
        both = either[0].replace(",", ""), either[0].replace(",", ".", 1)
        raise Unreadable(f"{either[0]} may be {both[0]} or {both[1]}.")
    return re.sub(r"(?<=\d),(?=\d)", ".", text)


def in_signs(text: str) -> str:
    """-1.5 for "minus 1.5", 2*3 for "2 x 3" and "2 times 3"."""
    text = re.sub(r"\b(?:minus|negative) +(?=[\d.])", "-", text)
    text = re.sub(r"(?<=\d) +(?:times|by) +(?=[\d(])", "*", text)
    return text if re.match(r"[-+]?0x", text) else re.sub(r"(?<=[\d)]) *x *(?=[\d(.])", "*", text)


def in_words(text: str, has_total: bool = False) -> float | None:
    """0.5 for "a half", 2.5 for "2 and a half", 0 for "none"; None for what is not of that form.

    "half of 64" is 32, and 50, in percent, where the question has a total.
    """
    text = re.sub(OF_THEM, "", text)
    if text.removesuffix(" at all") in NOTHING:
        return 0.0
    if (share := A_PART_OF.fullmatch(text)) and (value := in_words(share[1])) is not None:
        return value * (100 if has_total else float(share[2]))
    if mixed := re.fullmatch(rf"(\d+) and (?:an? )?({'|'.join(PARTS)})", text):
        return float(mixed[1]) + PARTS[mixed[2]]
    part = A_PART.fullmatch(text)
    return PARTS[part[2]] * (float(part[1]) if (part[1] or "a")[0].isdigit() else 1) if part else None


def computed(text: str) -> float:
    """The value of a small calculation: 1/3, 3*8*8, 2^9, ln 64, sqrt(2)."""
    text = re.sub(r"\b(?:math|np|numpy|torch)\.", "", text)
    text = re.sub(rf"\b(log2 |log10 |ln ?|log ?|sqrt ?|exp ?)({NUMBER})(?![\d(])", r"\1(\2)", text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the parser, on what is no Python
            value = value_of(ast.parse(text.strip(), mode="eval").body)
    except ZeroDivisionError:
        raise Unreadable("That divides by zero.") from None
    except (SyntaxError, ValueError, TypeError, OverflowError, RecursionError, MemoryError):
        raise Unreadable(NO_NUMBER) from None
    if isinstance(value, complex):
        raise Unreadable(NO_NUMBER)
    return value


def value_of(node: ast.AST) -> float:
    """In floats, which overflow where whole numbers would grow without end. ValueError for any other expression."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return float(value)
        case ast.Name(id="pi" | "e" as name):
            return float(getattr(math, name))
        case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
            return OPERATORS[type(op)](value_of(operand))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](value_of(left), value_of(right))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](*(value_of(argument) for argument in args))
    raise ValueError("no number")
