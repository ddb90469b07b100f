"""A question of a lesson that the learner answers before the number is known: its words, and what is right.

The folder lesson_NN_name/ has questions.py: QUESTIONS, from a question's name to a Number, a Choice or Letters. Each
kind reads what a learner typed (or raises Unreadable with a sentence), and compares it with what was measured. Every
distance is in the unit of the question, every measured number is rounded first, so that all machines say the same.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, isfinite, nan
from typing import Any

from minclip.bpe import END_OF_WORD
from minclip.course.choice import Choice, plain_words, yes_or_no
from minclip.course.number_reading import AFTERTHOUGHT, HEDGES, Range, Unreadable, is_near, numbers_of, singular
from minclip.course.number_words import is_guessing, without_comparison

__all__ = ["Choice", "Letters", "Number", "Question", "percent", "share", "shown", "yes_or_no"]

NO_NOUNS = ("more", "less", "fewer", "larger", "smaller", "higher", "lower", "times")  # "2 more" is not 2
Span = tuple[float, float]  # from, to


@dataclass(frozen=True)
class Number:
    """Answered with a number or a range."""

    words: str  # the question, with its question mark
    right: float  # an answer as near as this is right
    close: float  # and this is close
    digits: int = 0  # behind the point, of what was measured
    unit: str = ""
    lowest: float = -inf  # no answer can lie outside
    highest: float = inf
    whole: float = inf  # the number that 100 % stands for; inf where the question asks for no share
    misconceptions: Mapping[Span, str] = field(default_factory=dict)  # answers from, to -> what is to say of them
    means: str = ""  # what a number stands for, where people may think of another one
    guessing: float = nan  # what guessing gives, or a coin; NaN where that would give the answer away
    named: Mapping[str, float] = field(default_factory=dict)  # words that stand for a number here: "the same" -> 7

    @property
    def wanted(self) -> str:
        return "a number"

    @property
    def nouns(self) -> set[str]:
        """What may be counted: the words of the question. None where a share is asked for, not a count."""
        if self.whole in (1, 100):
            return set()
        words = {word for word in re.findall(r"[a-z]{4,}", self.words.lower()) if word not in NO_NOUNS}
        return words | {singular(word) for word in words} | {f"{word}s" for word in words}

    def read(self, answer: object) -> Range:
        """What the learner typed, in the unit of the question."""
        near, turned = is_near(answer), False
        if isinstance(answer, str) and isfinite(value := self.by_name(answer)):
            return Range(value, value, near)
        if isinstance(answer, str) and self.unit == "times":
            answer, turned = without_comparison(answer.lower(), self.words)
        low, high, in_percent = numbers_of(answer, self.unit, self.nouns, isfinite(self.whole))
        if isfinite(self.whole):
            if in_percent:
                low, high = low / 100 * self.whole, high / 100 * self.whole
            elif self.whole > 1 and 0 <= low <= high < 1:  # a share of 1 where percent or a count is asked for
                low, high = low * self.whole, high * self.whole
            elif self.whole == 1 and 1 < low <= high <= 100:  # percent where a share of 1 is asked for
                low, high = low / 100, high / 100
        elif in_percent:
            low, high = low / 100, high / 100
        if turned and low > 0:
            low, high = 1 / high, 1 / low
        if low < self.lowest or high > self.highest:
            limit = f"not below {shown(self.lowest)}"
            if isfinite(self.highest):
                limit = f"between {shown(self.lowest)} and {shown(self.highest)}"
            means = f" {self.means}." if self.means else ""
            raise Unreadable(f"The answer is {limit}, so it cannot be {self.said((low, high))}.{means}")
        return Range(low, high, near)

    def by_name(self, text: str) -> float:
        """The number that these words stand for in this question; NaN where they name none."""
        plain = plain_words(text)
        if is_guessing(" ".join(plain)):
            return self.guessing
        return next((value for words, value in self.named.items() if plain_words(words) == plain), nan)

    def said(self, span: Span) -> str:
        text = shown(span[0]) if span[0] == span[1] else f"{shown(span[0])} to {shown(span[1])}"
        return f"{text} {singular(self.unit) if text == '1' else self.unit}".strip()

    def rounded(self, measured: Any) -> float:
        return round(float(measured), self.digits) + 0.0  # no -0.0

    def measured(self, measured: Any) -> str:
        text = f"{self.rounded(measured):.{self.digits}f}" if float(measured) else "0"
        return f"{text} {singular(self.unit) if text == '1' else self.unit}".strip()

    def verdict(self, span: Range, measured: Any) -> str:
        """In words: right, close, how far, or what is wrong with a known misconception; "" where none of it holds."""
        truth = self.rounded(measured)
        if not isfinite(truth):
            return ""
        nearest = min(max(truth, span[0]), span[1])
        off = abs(nearest - truth)
        almost = span.near and span[0] in (self.lowest, self.highest) and off <= self.close  # almost 1 is not 1
        for (low, high), words in self.misconceptions.items():
            if low <= span[0] and span[1] <= high and not low <= truth <= high and not almost:
                return words
        if off == 0 and span[0] < span[1]:
            wide = span[1] - span[0] > 2 * self.close + 1e-9
            return "it lies in your range, which is wide" if wide else "right, it lies in your range"
        if off <= self.close + 1e-9 and span[0] < span[1]:
            return "close, it lies just outside your range"
        if off <= self.right + 1e-9:
            return "right"
        if off <= self.close + 1e-9:
            return "close"
        return self.distance(off) + (" too high" if nearest > truth else " too low")

    def distance(self, off: float) -> str:
        if self.whole in (1, 100):
            points = round(off / self.whole * 100)
            return f"{points} percentage {'point' if points == 1 else 'points'}"
        far = float(f"{off:.2g}")
        return self.said((far, far)) if self.unit == "points" else shown(far)


def percent(
    words: str,
    right: float,
    close: float,
    misconceptions: Mapping[Span, str] | None = None,
    guessing: float = nan,
    named: Mapping[str, float] | None = None,
) -> Number:
    """A share that is asked for in percent, measured from 0 to 100."""
    return Number(words, right, close, unit="%", lowest=0, highest=100, whole=100, misconceptions=misconceptions or {},
                  guessing=guessing, named=named or {})  # fmt: skip


def share(words: str, right: float, close: float, misconceptions: Mapping[Span, str] | None = None) -> Number:
    """A share that is asked for and measured from 0 to 1."""
    return Number(words, right, close, digits=2, lowest=0, highest=1, whole=1, misconceptions=misconceptions or {})


def shown(number: float) -> str:
    """A number without digits that say nothing."""
    return str(int(number)) if abs(number) < 1e9 and number == int(number) else f"{number:.4g}"


@dataclass(frozen=True)
class Letters:
    """Answered with some letters, in whatever way they are put: "q u", "qu", ("q", "u"), "q u</w>"."""

    words: str
    how_many: int
    misconceptions: Mapping[str, str] = field(default_factory=dict)

    @property
    def wanted(self) -> str:
        return f"{self.how_many} letters in quotes"

    def read(self, answer: object) -> str:
        if isinstance(answer, list | tuple) and all(isinstance(part, str) for part in answer):
            answer = "".join(answer)
        text = answer.strip().lower().rstrip("?!. ") if isinstance(answer, str) else ""
        bare = AFTERTHOUGHT.sub("", text)
        for typed in (text, bare, HEDGES.sub("", bare)):  # ca may be a pair, and is a hedge
            letters = self.joined(typed)
            if letters.isalpha() and len(letters) == self.how_many:
                return letters + (END_OF_WORD if typed.rstrip("\"')").endswith(END_OF_WORD) else "")
        raise Unreadable(f"Those are not {self.how_many} letters.")

    def joined(self, text: str) -> str:
        return re.sub(r"[\s\"'+,()-]", "", text.lower().replace(END_OF_WORD, ""))

    def said(self, value: str) -> str:
        return f'"{value}"'

    def measured(self, measured: Any) -> str:
        return str(measured)

    def verdict(self, value: str, measured: Any) -> str:
        if self.joined(value) == self.joined(measured):
            return "right"
        return self.misconceptions.get(value, "wrong")


Question = Number | Choice | Letters
