"""The captions in a cell of a table, a JSON or Parquet: a text, or a list of texts in one of several spellings."""

import ast
import io
import json
import tokenize
from collections.abc import Mapping
from typing import Any


def captions_in(value: Any) -> list[str]:
    """The captions in a cell: a text, a list of texts, or such a list as text. Anything else is an empty caption.

    >>> captions_in("a cat"), captions_in(["a cat", "a pet"]), captions_in('["a cat", "a pet"]'), captions_in(None)
    (['a cat'], ['a cat', 'a pet'], ['a cat', 'a pet'], [''])
    """
    if isinstance(value, str):
        text = value.strip()
        listed = texts_in_list(text) if text.startswith(("['", '["', "[ ")) and text.endswith("]") else None
        return [text] if listed is None else listed or [""]
    if isinstance(value, Mapping):  # Karpathy's {"raw": text, "tokens": [...]}
        return captions_in(value.get("raw", value.get("caption")))
    if isinstance(value, list | tuple):
        return [text for one in value for text in captions_in(one)] or [""]
    return [""]


def texts_in_list(text: str) -> list[str] | None:
    """The texts of a list as JSON, Python (pandas writes lists so) or NumPy print it; None where it is none of these.

    >>> texts_in_list("['a cat', \\"it's a pet\\"]"), texts_in_list("['a cat'\\n 'a pet']"), texts_in_list("[a cat]")
    (['a cat', "it's a pet"], ['a cat', 'a pet'], None)
    """
    try:
        listed = json.loads(text)
        return [one.strip() for one in listed] if all(isinstance(one, str) for one in listed) else None
    except (ValueError, RecursionError):
        pass
    texts: list[str] = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.STRING and token.string[0] in "'\"":
                texts.append(str(ast.literal_eval(token.string)).strip())
            elif token.string.strip() not in ("", "[", "]", ",") or token.type == tokenize.COMMENT:
                return None  # words outside of quotes: it is a text in brackets
    except (tokenize.TokenError, SyntaxError, ValueError):
        return None
    return texts
