"""A question that is answered with one of some words, and what people type for them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minclip.course.number_reading import AFTERTHOUGHT, HEDGES, Unreadable, plain_value

SEVERAL = re.compile(r"[,;/&+]|\b(?:and|or)\b")


@dataclass(frozen=True)
class Choice:
    """Answered with one of some words. yes_or_no() makes the commonest."""

    words: str
    options: Mapping[str, tuple[str, ...]]  # each with other words for it
    misconceptions: Mapping[str, str] = field(default_factory=dict)  # a wrong option -> what is wrong with it

    @property
    def wanted(self) -> str:
        return " or ".join(f'"{option}"' for option in self.options)

    def read(self, answer: object) -> tuple[str, bool]:
        """(the option, whether it was said in full)."""
        text = plain_value(answer)
        if isinstance(text, bool):
            text = "yes" if text else "no"
        if not isinstance(text, str):
            raise Unreadable("That is none of the answers.")
        plain = plain_words(text)
        exact = self.options_in(plain_words(text))
        several = {option for part in SEVERAL.split(text) for option in self.options_in(plain_words(part))}
        if len(several) > 1 and ("," in text or not exact):
            raise Unreadable(f"That names {len(several)} of the answers.")
        if exact:
            return exact[0], True
        parts = [option for option in self.options if plain and set(plain) <= set(plain_words(option))]
        if len(parts) != 1:
            raise Unreadable("That is none of the answers.")
        return parts[0], False

    def options_in(self, words: list[str]) -> list[str]:
        """The options that these words are."""
        return [
            option
            for option, others in self.options.items()
            if words in (plain_words(word) for word in (option, *others))
        ]

    def said(self, value: tuple[str, bool]) -> str:
        return f'"{value[0]}"'

    def measured(self, measured: Any) -> str:
        return str(measured)

    def verdict(self, value: tuple[str, bool], measured: Any) -> str:
        option, in_full = value
        if measured not in self.options:
            return ""
        if option == measured:
            return "right" if in_full else "close enough"
        return self.misconceptions.get(option, "wrong")


YES = (
    "y",
    "yep",
    "yeah",
    "true",
    "of course",
    "sure",
    "certainly",
    "it does",
    "yes it does",
    "they are",
    "yes they are",
)
NO = (
    *("n", "nope", "false", "not", "not at all", "no not at all", "never"),
    *("it does not", "it doesn't", "no it does not", "no it doesn't", "they are not", "they aren't", "no they are not"),
)


def yes_or_no(words: str, misconceptions: Mapping[str, str] | None = None) -> Choice:
    return Choice(words, {"yes": YES, "no": NO}, misconceptions or {})


def plain_words(text: str) -> list[str]:
    """Without what does not matter: case, articles, hedges, signs, and what comes after a comma."""
    first = AFTERTHOUGHT.sub("", HEDGES.sub("", text.strip().lower().rstrip("?!. "))).split(",")[0]
    return [
        word for word in re.findall(r"[\w']+", first.replace("’", "'")) if word not in ("a", "an", "the", "it", "is")
    ]
