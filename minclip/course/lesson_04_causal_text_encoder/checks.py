"""How the answers of lesson 04 are judged: the mask that forbids looking ahead, and the text encoder's way."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from minclip import text as library
from minclip.course.assertions import Trial, Wrong
from minclip.transformer import causal_mask as library_mask

INFINITE = float("-inf")
NAMES = ("context_length", "vocab_size", "width", "layers", "heads", "embed_dim")
SIZES: dict[str, Any] = dict(zip(NAMES, (9, 30, 16, 2, 2, 6), strict=True))  # no two alike where it matters
EOT = 29  # the last of 30 ids
ERRORS = {  # what Python says of forward -> what to do about it
    "'Parameter' object is not callable": "a tensor is no function: positional_embedding[:length], x @ text_projection",
    "'Embedding' object is not subscriptable": "token_embedding is a module: call it, self.token_embedding(tokens)",
    "'function' object has no attribute": "causal_mask is the function itself: call it, causal_mask(length, x.device)",
    "converted to an index": "tokens.max gives ids and places: tokens.argmax(dim=-1) gives the places alone",
    "could not be broadcast together": "one place for each text is needed: tokens.argmax(dim=-1), not dim=0",
    "out of bounds for dimension 0": "this picks texts, not tokens: x[torch.arange(len(tokens)), eot]",
    "out of bounds for dimension 1": "that is no place in a text: tokens.argmax(dim=-1) gives the place of each EOT",
    "cannot be multiplied": "text_projection is [width, embed_dim]: x @ self.text_projection, in this order, no .T",
    "FloatTensor": "ids are whole numbers: give tokens to token_embedding as they are",
}


def causal_mask(t: Trial) -> None:
    length = 5
    ones, full = torch.ones(length, length), torch.full((length, length), INFINITE)
    known = {
        "0 times -inf is NaN: fill the triangle with -inf (triu, masked_fill) instead of multiplying": lambda: (
            full * ones.triu(1)
        ),
        "0 times -inf is NaN: fill the triangle with -inf instead of multiplying": lambda: full * ones.tril(),
        "it is the wrong side: row i is the token that looks, -inf stands right of the diagonal": lambda: full.tril(-1),
        "it is the wrong side, and the diagonal is forbidden, too: -inf stands right of the diagonal": (
            lambda: full.tril()
        ),
        "the diagonal is forbidden: the first token sees nothing, and its softmax is NaN": lambda: full.triu(),
        "off by one: token i sees token i + 1; forbid from the first place after the diagonal": lambda: full.triu(2),
        "everything is forbidden: keep -inf above the diagonal only, 0 elsewhere": lambda: full,
        "nothing is forbidden: -inf belongs above the diagonal": lambda: torch.zeros(length, length),
        "1 and 0 are factors, but attention adds the mask: 0 where allowed, -inf where forbidden": lambda: ones.tril(),
        "attention adds the mask: 0 where allowed, -inf (not 1) where forbidden": lambda: ones.triu(1),
    }
    came = t(length)
    truths = isinstance(came, Tensor) and came.dtype == torch.bool
    t.holds(not truths, "these are True and False", "attention adds the mask to its scores: write 0.0 and -inf")
    t.same(came, full.triu(1), known, hint=hint_for(came, length))
    t.same(t(8), library_mask(8), hint="right for 5 tokens, wrong for 8: let length decide every size")
    t.same(t(1), torch.zeros(1, 1), hint="a text of one token sees itself")
    shares = t(4).softmax(dim=-1)
    t.same(shares[2], torch.tensor([1 / 3, 1 / 3, 1 / 3, 0]), what="the attention of token 2, all scores equal")
    elsewhere = t(3, device=torch.device("meta"))
    advice = "make the mask there: torch.full(..., device=device)"
    t.holds(isinstance(elsewhere, Tensor) and elsewhere.is_meta, "device is not heeded: it fails on a GPU", advice)


def hint_for(came: Any, length: int) -> str:
    """What to say of a mask that is wrong in no known way."""
    if not isinstance(came, Tensor):
        return ""
    if came.shape != (length, length):
        return "one square of length x length numbers: attention uses it for every text and head"
    if came.dtype != torch.float32:
        return "leave the dtype out: torch.zeros, and torch.full with float('-inf'), are float32"
    return "0 on and below the diagonal, float('-inf') itself (no large number) above it"


def encoders(t: Trial) -> tuple[nn.Module, library.TextTransformer]:
    """The learner's and minclip's, with the same weights: no gain is left at 1, no bias at 0, which hide mistakes."""
    mine, theirs = t.call(t.mine, **SIZES, as_="TextTransformer"), library.TextTransformer(**SIZES)
    with torch.no_grad():
        for weight in theirs.parameters():
            weight.add_(0.3 * t.normal(*weight.shape))
    t.copy_weights(mine, theirs)
    return mine, theirs


def way(
    model: Any,
    tokens: Tensor,
    pick: Callable[[Tensor], Tensor] | int | None = None,
    mask: Callable[[Tensor], Tensor | None] = lambda right: right,
    embed: Callable[[Tensor, Tensor], Tensor] = lambda words, places: words + places[: words.shape[1]],
    norm: bool = True,
    project: bool = True,
) -> Tensor:
    """The encoder's way, step by step, so that every step can be taken wrongly. pick: the token to read, else EOT."""
    x = embed(model.token_embedding(tokens), model.positional_embedding)
    x = model.transformer(x, mask(library_mask(tokens.shape[1])))  # [batch, length, width]
    place: Any = pick(tokens) if callable(pick) else pick
    place = tokens.argmax(dim=-1) if pick is None else place
    x = x[torch.arange(len(tokens)), place]  # [batch, width]
    x = model.ln_final(x) if norm else x
    return (x @ model.text_projection if project else x).detach()


def whole(model: Any, tokens: Tensor) -> Tensor:
    """Features at every token."""
    places = [way(model, tokens, i) for i in range(tokens.shape[1])]
    return torch.stack(places, dim=1)  # [batch, length, embed_dim]


def up_to_eot(model: Any, tokens: Tensor) -> Tensor:
    """The mean over each text's own tokens."""
    return torch.stack(
        [row[: int(ids.argmax()) + 1].mean(dim=0) for row, ids in zip(whole(model, tokens), tokens, strict=True)]
    )


def mistakes(model: Any, tokens: Tensor) -> dict[str, Callable[[], Tensor]]:
    """What is written instead of forward, by name."""
    return {
        "you read the last place, which is padding: every text has its EOT elsewhere, at argmax": lambda: way(
            model, tokens, -1
        ),
        "you read the padding after EOT: EOT itself is the largest id, at tokens.argmax(dim=-1)": lambda: way(
            model, tokens, lambda ids: ids.argmax(dim=-1) + 1
        ),
        "you read the token before EOT: EOT itself is at tokens.argmax(dim=-1)": lambda: way(
            model, tokens, lambda ids: ids.argmax(dim=-1) - 1
        ),
        "you read token 0, which sees only itself and knows nothing of the text: read EOT": lambda: way(
            model, tokens, 0
        ),
        "you read one place for the whole batch: every text has its own, tokens.argmax(dim=-1)": lambda: way(
            model, tokens, int(tokens[0].argmax())
        ),
        "you count the tokens that are not 0, but 0 is an id, too (that of '!'): take argmax": lambda: way(
            model, tokens, lambda ids: (ids != 0).sum(dim=-1) - 1
        ),
        "you look for the first 0, but 0 is an id, too (that of '!'): take argmax": lambda: way(
            model, tokens, lambda ids: (ids == 0).int().argmax(dim=-1) - 1
        ),
        "every text is read at every EOT: pair text i with place i, x[torch.arange(len(tokens)), eot]": lambda: whole(
            model, tokens
        )[:, tokens.argmax(dim=-1)],
        "this is the mean over all tokens, padding included: read the EOT token alone": lambda: whole(
            model, tokens
        ).mean(dim=1),
        "this is the mean over a text's tokens: read the EOT token alone": lambda: up_to_eot(model, tokens),
        "these are features of every token: return those at EOT alone": lambda: whole(model, tokens),
        "the mask is missing: every token looks ahead, and the padding is read": lambda: way(
            model, tokens, mask=lambda _: None
        ),
        "the mask is transposed: tokens look ahead and not back": lambda: way(
            model, tokens, mask=lambda right: right.T
        ),
        "the positions are missing: add positional_embedding[:length] to the tokens": lambda: way(
            model, tokens, embed=lambda words, _: words
        ),
        "these are the last positions: a text begins at position 0, positional_embedding[:length]": lambda: way(
            model, tokens, embed=lambda words, places: words + places[-words.shape[1] :]
        ),
        "the embeddings are scaled: CLIP adds tokens and positions as they are": lambda: way(
            model, tokens, embed=lambda words, places: 4 * words + places[: words.shape[1]]
        ),
        "ln_final is missing: it stands between the Transformer and the projection": lambda: way(
            model, tokens, norm=False
        ),
        "text_projection is missing: x @ self.text_projection makes embed_dim numbers of width": lambda: way(
            model, tokens, project=False
        ),
        "ln_final and text_projection are missing: they come after the Transformer": lambda: way(
            model, tokens, norm=False, project=False
        ),
        "the features have length 1: leave that to the loss, the encoder does not normalise": lambda: F.normalize(
            way(model, tokens), dim=-1
        ),
    }


def TextTransformer(t: Trial) -> None:
    mine, theirs = encoders(t)
    t.errors = ERRORS
    padded = t.whole(1, 28, 3, SIZES["context_length"])  # ids of words, as long as the context; no 0 among them
    padded[:, 0] = 28
    for row, place in enumerate((4, 2, 6)):
        padded[row, place], padded[row, place + 1 :] = EOT, 0
    t.same(t.call(mine, padded), theirs(padded), mistakes(theirs, padded))
    cut = padded[:, :7]  # the last of the three has no padding now
    t.errors = {}  # what fails from here on goes well with 9 tokens
    try:
        came = t.call(mine, cut)
    except Wrong as wrong:
        raise Wrong(
            *wrong.lines, "9 tokens go well, 7 do not: positions [:length] and a mask of that length"
        ) from wrong
    t.same(came, theirs(cut), mistakes(theirs, cut), "the result for 7 tokens, where the model reads up to 9,")
    hard = torch.tensor([[28, 11, 0, 6, 2, EOT, 0, 0], [28, 7, EOT, 9, 0, 3, 25, 12]])
    what = "the result for texts with id 0 inside or ids after EOT"
    t.same(t.call(mine, hard), theirs(hard), mistakes(theirs, hard), what, "read EOT, the largest id of every row")
    weights = ("token_embedding.weight", "positional_embedding", "text_projection")
    pairs = {name: (mine.get_parameter(name), theirs.get_parameter(name)) for name in weights}
    t.gradient(t.call(mine, padded), theirs(padded), pairs)
    t.same(t.call(mine, padded[1:2]), theirs(padded)[1:2], what="the result for one text alone")
    too_long = t.whole(1, 28, 2, SIZES["context_length"] + 1)
    t.raises(ValueError, mine, too_long, why="10 tokens, the model reads 9")
    mask_on_a_gpu(t, mine, padded)


def mask_on_a_gpu(t: Trial, mine: Any, tokens: Tensor) -> None:
    """Claims that the mask is made where the tokens are. No GPU is needed: PyTorch's meta device is elsewhere, too."""
    masks: list[Any] = []

    def look(_: nn.Module, arguments: tuple, named: dict) -> None:
        masks.append(named["mask"] if "mask" in named else arguments[1])

    mine.transformer.register_forward_pre_hook(look, with_kwargs=True)
    with suppress(Exception):  # no numbers are on the meta device: code that looks at one stops there, and is not wrong
        mine.to("meta")(tokens.to("meta"))
    t.last = "TextTransformer(tokens on a GPU)"
    advice = "the mask is made on the CPU, wherever the tokens are: causal_mask(length, tokens.device)"
    t.holds(all(mask.is_meta for mask in masks), "would fail on a GPU", advice)
