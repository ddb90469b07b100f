"""The known mistakes of BPETokenizer with the rows that the model reads. Named as in mistakes.py."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from minclip.course.assertions import Mistake
from minclip.course.lesson_01_bpe_tokenizer.count_mistakes import Ways
from minclip.data.tokenizer_file import as_texts
from minclip.tokenizer import EOT, SOT, BPETokenizer, clean

RAGGED = Mistake("the rows are not equally long", way="fill each up: ids + [0] * (self.context_length - len(ids))")
NOT_TOO_LONG = Mistake(
    "none of these texts is too long for context_length, SOT and EOT included",
    way="too long is len(ids) > self.context_length, where ids holds SOT and EOT",
)
NOT_CUT = Mistake(
    "a text that is too long is not cut to context_length, so the rows are not equally long",
    way="ids = [*ids[: self.context_length - 1], eot]",
)
REFUSE = "if len(ids) > self.context_length and not truncate: raise text_too_long(row, text, len(ids), ...)"
NOT_REFUSED = Mistake("a text that is too long is not refused", way=REFUSE)
NOT_REFUSED_YET = Mistake(
    "a text that is a little too long is not refused: SOT and EOT are tokens of the row, too",
    way="len(ids) > self.context_length, where ids holds SOT and EOT",
)
FIXED_77 = Mistake(
    "the rows have 77 numbers, and context_length may be another number", way="fill up to self.context_length"
)
LIMIT_77 = Mistake(
    "texts are too long from 78 tokens on here, and context_length may be another number",
    way="len(ids) > self.context_length, where ids holds SOT and EOT",
)
TEXTS_IN_ROWS = Mistake(
    "a row holds texts, and a tensor holds numbers: SOT and EOT are texts themselves",
    way="self.special_ids[SOT] and self.special_ids[EOT] are their ids",
)
SWAPPED_NUMBERS = Mistake(
    "the two numbers have changed places: first how many tokens the text has, then how many fit",
    way="text_too_long(row, text, len(ids), self.context_length)",
)
SWAPPED_TEXT = Mistake(
    "row and text have changed places in text_too_long", way="text_too_long(row, text, len(ids), self.context_length)"
)
NOTHING_TO_STACK = Mistake(
    "without texts there is nothing to stack",
    way="torch.tensor(rows, dtype=torch.long).view(len(rows), context_length)",
)
TO_BE_CUT = Mistake("truncate=True asks for a cut, not for an error", way="if not truncate: raise ...")


def wrong_rows(theirs: BPETokenizer) -> Ways:
    """Of __call__."""
    sot, eot, length = theirs.special_ids[SOT], theirs.special_ids[EOT], theirs.context_length
    Row = list[int]

    def rows(
        texts: Any,
        truncate: bool = False,
        frame: Callable[[Row], Row] = lambda ids: [sot, *ids, eot],
        cut: Callable[[Row], Row] = lambda row: [*row[: length - 1], eot],
        fill: Callable[[Row], Row] = lambda row: row + [0] * (length - len(row)),
        finish: Callable[[Tensor], Any] = lambda tensor: tensor,
        listed: Callable[[Any], list[str]] = as_texts,
        most: int = length,
    ) -> Any:
        """The rows by the book."""
        made = []
        for text in listed(texts):
            row = frame(theirs.encode(text))
            if len(row) > most:
                if not truncate:
                    raise ValueError("too long")
                row = cut(row)
            made.append(fill(row))
        return finish(torch.tensor(made, dtype=torch.long).view(len(made), -1) if made else theirs([]))

    def to_the_longest(tensor: Tensor) -> Tensor:
        return tensor[:, : int((tensor != 0).sum(dim=1).max())] if len(tensor) else tensor

    cut_at = "row[: self.context_length - 1], and then EOT"
    frame = "[sot, *self.encode(text), eot]"
    ways: dict[str, dict[str, Any]] = {
        Mistake("SOT is missing: every row begins with it", way=frame): {"frame": lambda ids: [*ids, eot]},
        Mistake("EOT is missing: the text encoder reads its answer there", way=frame): {
            "frame": lambda ids: [sot, *ids],
            "cut": lambda row: row[:length],
        },
        Mistake("SOT and EOT are missing", way=frame): {"frame": list, "cut": lambda row: row[:length]},
        Mistake("SOT and EOT have changed places", way=frame): {
            "frame": lambda ids: [eot, *ids, sot],
            "cut": lambda row: [*row[: length - 1], sot],
        },
        Mistake("EOT stands twice behind the text", way=frame): {"frame": lambda ids: [sot, *ids, eot, eot]},
        Mistake(
            "the rows are filled up with EOT, and zeros are wanted", way="[0] * (self.context_length - len(ids))"
        ): {"fill": lambda row: row + [eot] * (length - len(row))},
        Mistake("the zeros come before the text, and they belong behind it", way="ids + zeros, not zeros + ids"): {
            "fill": lambda row: [0] * (length - len(row)) + row
        },
        Mistake(
            "EOT stands at the end of the row, behind the zeros",
            way="EOT follows the text at once, the zeros come after it",
        ): {"fill": lambda row: row[:-1] + [0] * (length - len(row)) + [eot]},
        Mistake("EOT is lost where a text is cut", way=cut_at): {"cut": lambda row: row[:length]},
        Mistake("one token more is cut than must be", way=cut_at): {"cut": lambda row: [*row[: length - 2], eot]},
        Mistake("SOT stands twice where a text is cut", way=cut_at): {
            "cut": lambda row: [sot, *row[: length - 2], eot]
        },
        FIXED_77: {"fill": lambda row: row + [0] * (77 - len(row))},
        Mistake("the beginning of the text is cut, and it should lose its end", way=cut_at): {
            "cut": lambda row: [sot, *row[1 - length :]]
        },
        Mistake(
            "the rows are as long as the longest text, and the model wants context_length",
            way="fill up to self.context_length",
        ): {"finish": to_the_longest},
        Mistake("one string is taken for a list of letters", way="for text in as_texts(texts)"): {"listed": list},
        Mistake("these are fractions, and ids are whole numbers", way="torch.tensor(rows, dtype=torch.long)"): {
            "finish": Tensor.float
        },
        Mistake("these are int32, and an embedding reads int64", way="torch.tensor(rows, dtype=torch.long)"): {
            "finish": Tensor.int
        },
        Mistake("this is a list, and a tensor is wanted", way="torch.tensor(rows)"): {"finish": Tensor.tolist},
        Mistake(
            "without texts this is float32 [0]: torch.tensor([]) cannot know better",
            way="torch.tensor(rows, dtype=torch.long).view(len(rows), self.context_length)",
        ): {"finish": lambda tensor: tensor if len(tensor) else torch.tensor([])},
        Mistake(
            "without texts the shape is lost, and [0, context_length] is wanted",
            way=".view(len(rows), self.context_length)",
        ): {"finish": lambda tensor: tensor if len(tensor) else tensor.flatten()},
        Mistake(
            "one text gives a row without the dimension of the texts",
            way="a single string is a list of one: [1, context_length]",
        ): {"finish": Tensor.squeeze},
    }

    def one_row_for_a_string(texts: Any, truncate: bool = False) -> Tensor:
        found: Tensor = rows(texts, truncate)
        return found[0] if isinstance(texts, str) else found

    def at_whole_words(texts: Any, truncate: bool = False) -> Any:
        made = []
        for text in as_texts(texts):
            row = [sot]
            for word in theirs.pattern.findall(clean(text)):
                if len(row) + len(theirs.encode_word(word)) > length - 1:
                    break
                row += theirs.encode_word(word)
            made.append([*row, eot] + [0] * (length - 1 - len(row)))
        return torch.tensor(made, dtype=torch.long).view(len(made), length)

    return {
        **{mistake: partial(rows, **how) for mistake, how in ways.items()},
        Mistake("one string gives a row, and a list of one text is wanted", way="[1, context_length] for one string"): (
            one_row_for_a_string
        ),
        Mistake(
            "a text is cut before a whole word, and it should be filled up to the last token", way=cut_at
        ): at_whole_words,
    }
