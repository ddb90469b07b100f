"""What an error tells of the answer to an exercise of lesson 01 that raised it: signs of known mistakes."""

import linecache
import re
import traceback

from minclip.bpe import END_OF_WORD
from minclip.tokenizer import EOT, SOT


def code_at(error: BaseException) -> str:
    """The piece of code that raised it, such as `words[pair]`; "" where Python does not know it."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    if last.lineno is None or last.colno is None or last.end_lineno != last.lineno:
        return ""
    return linecache.getline(last.filename, last.lineno).encode()[last.colno : last.end_colno].decode()


def line_at(error: BaseException) -> str:
    return traceback.extract_tb(error.__traceback__)[-1].line or ""


def a_pair_is_missing(error: BaseException) -> bool:
    """Whether a dictionary was asked for a pair that it does not hold."""
    return isinstance(error, KeyError) and isinstance(error.args[0], tuple) and len(error.args[0]) == 2


def words_are_asked_for_a_pair(error: BaseException) -> bool:
    return a_pair_is_missing(error) and code_at(error).startswith("words[")


def a_key_is_unpacked(error: BaseException) -> bool:
    """Whether `for symbols, count in words` went over the keys."""
    loop = re.search(r"\bfor\s+\(?\w+\s*,\s*\(?\w+\)?\s+in\s+words\b(?!\s*[.\[(])", line_at(error))
    return isinstance(error, ValueError) and "values to unpack (expected 2" in str(error) and loop is not None


def none_is_compared(error: BaseException) -> bool:
    return isinstance(error, TypeError) and re.search(r"not supported between .*'NoneType'", str(error)) is not None


def a_tuple_is_changed(error: BaseException) -> bool:
    return bool(
        re.search(r"'tuple' object (does not support item|has no attribute '(append|insert|pop|remove))", str(error))
    )


def a_special_token_is_no_key(error: BaseException) -> bool:
    return isinstance(error, KeyError) and error.args[0] in (SOT, EOT) and code_at(error).startswith("self.ids[")


def an_id_is_no_key(error: BaseException) -> bool:
    return isinstance(error, KeyError) and isinstance(error.args[0], int) and code_at(error).startswith("self.ids[")


def byte_of_a_space(error: BaseException) -> bool:
    return isinstance(error, KeyError) and error.args[0] == " " and code_at(error).startswith("self.byte_of[")


def byte_of_a_symbol(error: BaseException) -> bool:
    key = error.args[0] if isinstance(error, KeyError) else ""
    return isinstance(key, str) and len(key) > 1 and code_at(error).startswith("self.byte_of[")


def rows_of_77(error: BaseException) -> bool:
    """Whether view met n rows of 77 numbers where n shorter ones were expected."""
    found = re.fullmatch(r"shape '\[(\d+), (\d+)\]' is invalid for input of size (\d+)", str(error))
    return found is not None and int(found[3]) == 77 * int(found[1]) and found[2] != "77"


def texts_in_rows(error: BaseException) -> bool:
    """Whether torch.tensor met a text."""
    return "too many dimensions 'str'" in str(error) or "invalid data type 'str'" in str(error)


def text_for_a_row(error: BaseException) -> bool:
    """Whether text_too_long got a number where the text should be."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return isinstance(error, TypeError) and last.name == "text_too_long"


def longer_row(length: int, error: BaseException) -> bool:
    """Whether torch.tensor got rows of several lengths, one of them longer than that."""
    ragged = re.fullmatch(r"expected sequence of length (\d+) at dim 1 \(got (\d+)\)", str(error))
    return ragged is not None and max(map(int, ragged.groups())) > length


def own_refusal(error: BaseException) -> bool:
    return isinstance(error, ValueError) and not str(error).startswith("expected sequence")


def symbol_without_id(error: BaseException) -> bool:
    """Whether a dictionary was asked for a symbol, not for a word."""
    key = error.args[0] if isinstance(error, KeyError) else None
    return isinstance(key, str) and (key.endswith(END_OF_WORD) or len(key) == 1)


def index_finds_nothing(error: BaseException) -> bool:
    return isinstance(error, ValueError) and ".index(" in code_at(error) and "not in" in str(error)


def a_pair_is_looked_for(error: BaseException) -> bool:
    return (
        index_finds_nothing(error) and re.search(r"\.index\(\s*(tuple\()?pair\b(?!\s*\[)", code_at(error)) is not None
    )
