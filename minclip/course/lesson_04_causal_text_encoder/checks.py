"""How the answers of lesson 04 are judged: the mask that forbids looking ahead, and the text encoder's way."""

import re
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from minclip import text as library
from minclip.course.assertions import Errors, Known, Mistake, Trial
from minclip.course.battery import in_turn, leaves_no_trace
from minclip.course.device_places import GPU
from minclip.course.lesson_04_causal_text_encoder.mask_mistakes import other_length, wrong_masks
from minclip.course.lesson_04_causal_text_encoder.mistakes import PLACES, wrong_features
from minclip.course.value_words import answers_line
from minclip.transformer import causal_mask as library_mask

NAMES = ("context_length", "vocab_size", "width", "layers", "heads", "embed_dim")
SIZES: dict[str, Any] = dict(zip(NAMES, (9, 30, 16, 2, 2, 6), strict=True))  # no two alike where it matters
OTHER_SIZES: dict[str, Any] = dict(zip(NAMES, (12, 41, 24, 1, 3, 10), strict=True))
SOT, EOT, TEXTS = 28, 29, 3  # EOT is the last of 30 ids


def causal_mask(t: Trial) -> None:
    length = 5
    came = t(length)
    truths = isinstance(came, Tensor) and came.dtype == torch.bool
    added = Mistake(
        "attention adds the mask to its scores, so it must hold numbers",
        way="0.0 where allowed, float('-inf') where not",
    )
    t.holds(not truths, "these are True and False", added)
    whole = isinstance(came, Tensor) and not came.is_floating_point() and not came.is_complex()
    floats = Mistake(
        "-inf is no whole number, so whole numbers cannot forbid", way="torch.full((length, length), float('-inf'))"
    )
    t.holds(not whole, "these are whole numbers", floats)
    t.same(came, library_mask(length), wrong_masks(came, length))
    learns = Mistake("it is no weight, and nothing is learned in it", way="a plain tensor, without requires_grad")
    t.holds(not came.requires_grad, "the mask asks for a gradient", learns)
    fixed = Mistake(
        "this is the mask of 5 tokens again", way="let length decide every size; keep no mask of other lengths"
    )
    for other in (8, 1, 77):
        what = f"the mask of {other} token{'s' if other > 1 else ''}"
        came = t(other)
        known: Known = {fixed: lambda: library_mask(length), **other_length(came, other)}
        t.same(came, library_mask(other), known, what)
    in_turn(t, (t.mine, library_mask, [3]), (t.mine, library_mask, [6]))
    t.on_a_gpu(t.mine, 5, GPU)
    t.on_a_gpu(t.mine, 4, GPU)
    t.same(t(4), library_mask(4), what="the mask on the CPU after one on a GPU")


def encoders(t: Trial, sizes: dict[str, Any]) -> tuple[nn.Module, library.TextTransformer]:
    """The learner's and minclip's, with the same weights: no gain is left at 1, no bias at 0, which hide mistakes."""
    mine, theirs = t.call(t.mine, **sizes, as_="TextTransformer"), library.TextTransformer(**sizes)
    with torch.no_grad():
        for weight in theirs.parameters():
            weight.add_(0.3 * t.normal(*weight.shape))
    t.copy_weights(mine, theirs)
    return mine, theirs


def texts(t: Trial, sizes: dict[str, Any], ends: tuple[int, ...]) -> Tensor:
    """Rows as long as the context: SOT, ids of words, EOT at these places, zeros. No word has id 0."""
    start, end = sizes["vocab_size"] - 2, sizes["vocab_size"] - 1
    tokens = t.whole(1, start, len(ends), sizes["context_length"])
    tokens[:, 0] = start
    for row, place in enumerate(ends):
        tokens[row, place], tokens[row, place + 1 :] = end, 0
    return tokens


def in_line(t: Trial, words: str, code: str) -> Callable[[BaseException], bool]:
    """Sees an error with these words, in a line of the answer that holds this code."""
    return lambda error: (
        bool(re.search(words, str(error))) and any(code in line for line in answers_line(error, t.cell))
    )


def is_mask_itself(error: BaseException) -> bool:
    """Sees that causal_mask stands where a mask is wanted."""
    return isinstance(error, AttributeError) and getattr(error.obj, "__name__", "") == "causal_mask"


def errors_of(t: Trial) -> Errors:
    """What Python says of forward, for three texts of nine tokens -> the mistake that causes it."""
    id_as_place = Mistake(
        "29 is the id of EOT, and here it is used as a place", way="tokens.argmax(dim=-1) gives places, max gives ids"
    )
    of_vectors = Mistake(
        "x holds vectors by now, and their largest number says nothing: EOT is the largest id",
        way="tokens.argmax(dim=-1)",
    )
    no_module = Mistake(
        "positional_embedding and text_projection are matrices of numbers, no modules: nothing calls them",
        way="rows are taken as positional_embedding[:length], and a matrix multiplies as x @ text_projection",
    )
    looked_up = Mistake(
        "ids are no numbers to compute with: an embedding is called, and looks up a row for each id",
        way="self.token_embedding(tokens)",
    )
    joined = Mistake("positions are added to the tokens, and not put behind or beside them", way=PLACES)
    return {
        "(30x16 and 3x9)": looked_up,
        "(3x9 and 30x16)": looked_up,
        in_line(
            t, "same number of dimensions: got 3 and 2|same number of dimensions: got 2 and 3", "positional"
        ): joined,
        "got input of size[3, 9, 32]": joined,
        "tensor a (18) must match the size of tensor b (9)": joined,
        in_line(t, r"tensor a \(9\) must match the size of tensor b \(3\)", "positional_embedding[tokens."): Mistake(
            "each text gives one place here, and every token has a position of its own", way=PLACES
        ),
        in_line(t, "index 9 is out of bounds for dimension 0 with size 9", "positional_embedding["): Mistake(
            "the positions are the rows 0 to 8, and row 9 is asked for", way=PLACES
        ),
        in_line(t, "'Parameter' object is not callable", "positional_embedding("): no_module,
        in_line(t, "'Parameter' object is not callable", "text_projection("): no_module,
        "'Embedding' object is not subscriptable": Mistake(
            "token_embedding is a module: it is called", way="self.token_embedding(tokens)"
        ),
        is_mask_itself: Mistake(
            "causal_mask is the function itself, no mask: it is called", way="causal_mask(length, x.device)"
        ),
        in_line(t, "converted to an index", ".max("): Mistake(
            "max gives two things, the largest ids and their places", way="tokens.argmax(dim=-1) gives the places alone"
        ),
        in_line(t, r"with shapes \[3\], \[3, (9|16)\]|out of bounds for dimension 1", "x.argmax("): of_vectors,
        r"with shapes [3], [3, 9]": Mistake(
            "each text has one place, and here is one for each of its tokens", way="tokens.argmax(dim=-1)"
        ),
        r"with shapes [3], [9]": Mistake(
            "there are three texts, and the places are nine; each text has one", way="argmax(dim=-1) looks along a text"
        ),
        r"with shapes [9], [3]": Mistake(
            "there are three texts, and nine rows are asked for", way="torch.arange(len(tokens)): one for each text"
        ),
        in_line(t, f"index {SOT} is out of bounds for dimension 0 with size 9", "positional_embedding["): Mistake(
            "the ids of the tokens are used as their places; a place is counted from 0 at the start of the text",
            way="the places of a text are 0, 1, ..., length - 1: positional_embedding[:length]",
        ),
        "index 29 is out of bounds": id_as_place,
        "index 4 is out of bounds for dimension 0 with size 3": Mistake(
            "the first dimension of x counts the texts, and here a place in a text is used there",
            way="a text and a place in it: x[torch.arange(len(tokens)), eot]",
        ),
        "and 6x16)": Mistake(
            "text_projection stands turned round here: it is [width, embed_dim]",
            way="x @ self.text_projection, without .T; F.linear turns its matrix itself",
        ),
        "(16x6 and": Mistake("the vectors stand left of the matrix", way="x @ self.text_projection, in this order"),
        in_line(t, r"got input of size\[3, (9, )?6\]", "ln_final("): Mistake(
            "ln_final is for vectors of width numbers, so it comes before text_projection",
            way="self.ln_final(x) @ self.text_projection",
        ),
        "tensor a (2) must match the size of tensor b (3) at non-singleton dimension 1": Mistake(
            "the mask counts the texts where attention has its heads", way="one square is enough, [length, length]"
        ),
        "tensor a (9) must match the size of tensor b (3)": Mistake(
            "there are three texts of nine tokens, and something is made for three tokens",
            way="length = tokens.shape[1]; len(tokens) is the number of texts",
        ),
        "tensor a (9) must match the size of tensor b (16)": Mistake(
            "there are nine tokens, and something is made for 16, the width of a token", way="length = tokens.shape[1]"
        ),
        "tensor a (3) must match the size of tensor b (9) at non-singleton dimension 3": Mistake(
            "the Transformer gets the texts where it wants the tokens",
            way="x stays [texts, tokens, width]: leave out permute and transpose",
        ),
        "torch.FloatTensor instead (while checking arguments for embedding)": Mistake(
            "ids are whole numbers, and here are floats", way="give tokens to token_embedding as they are"
        ),
    }


def TextTransformer(t: Trial) -> None:
    mine, theirs = encoders(t, SIZES)
    padded = texts(t, SIZES, (4, 2, 6))
    t.same(t.call(mine, padded, errors=errors_of(t)), theirs(padded), wrong_features(theirs, padded))
    cut = padded[:, :7]  # the last of the three has no padding now
    nine = Mistake(
        "9 tokens go well, 7 do not: something has the length of the longest text, whatever the length of this one",
        way="positional_embedding[:length], and a mask of that length: causal_mask(length, x.device)",
    )
    known = wrong_features(theirs, cut)
    came = t.call(mine, cut, errors={r"size of tensor a (7) must match the size of tensor b (9)": nine})
    t.same(came, theirs(cut), known, "the result for 7 tokens, where the model reads up to 9,")
    hard = torch.tensor([[SOT, 11, 0, 6, 2, EOT, 0, 0], [SOT, 7, EOT, 9, 0, 3, 25, 12]])
    what = "the result for texts with id 0 inside or ids after EOT"
    t.same(t.call(mine, hard), theirs(hard), wrong_features(theirs, hard), what)
    twice = torch.tensor([[SOT, 11, EOT, 6, 2, EOT, 0, 0], [SOT, 7, 4, EOT, EOT, 3, 25, 12]])
    known = wrong_features(theirs, twice)
    every = Mistake(
        "each EOT gives a place, and these texts have two each: the first one counts", way="tokens.argmax(dim=-1)"
    )
    came = t.call(mine, twice, errors={"with shapes [2], [4]": every})
    t.same(came, theirs(twice), known, "the result for texts with a second EOT")
    t.same(t.call(mine, padded[1:2]), theirs(padded)[1:2], one_text(theirs, padded), "the result for one text alone")
    t.gradients_of_weights(mine, theirs, padded)
    small, small_theirs = encoders(t, OTHER_SIZES)
    others = texts(t, OTHER_SIZES, (3, 11))
    leaves_no_trace(t, small, others)
    t.same(
        t.call(small, others), small_theirs(others), wrong_features(small_theirs, others), "the result of another model"
    )
    in_turn(t, (mine, theirs, [padded]), (small, small_theirs, [others]), (mine, theirs, [cut]))
    for block in mine.get_submodule("transformer.resblocks").children():
        block.register_forward_pre_hook(take_mark, with_kwargs=True)
    t.on_a_gpu(mine, padded)
    t.on_a_gpu(mine, cut)
    too_long = t.whole(1, 28, 2, SIZES["context_length"] + 1)
    t.raises(ValueError, mine, too_long, why="10 tokens, the model reads 9")


def take_mark(_: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Takes minclip's own mark off a mask: where it is, a GPU never reads the mask, wherever that lies."""
    for value in (*arguments, *named.values()):
        if isinstance(value, Tensor) and hasattr(value, "is_causal"):
            del value.is_causal


def one_text(theirs: library.TextTransformer, tokens: Tensor) -> Known:
    """What a batch of one text becomes without its dimension."""
    lost = Mistake("the dimension of the batch is lost where it holds one text", way="leave out squeeze()")
    return {lost: lambda: theirs(tokens)[1]}
