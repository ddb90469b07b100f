"""What people write in place of forward in lesson 04: each mistake, and what it gives. Mask: mask_mistakes.py."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip.course.assertions import Mistake
from minclip.transformer import causal_mask

INFINITE = float("-inf")
PLACES = "self.token_embedding(tokens) + self.positional_embedding[:length]"
NORM_LAST = "x = self.transformer(...) first, self.ln_final(x) @ self.text_projection last"
OWN_EOT = "x[torch.arange(len(tokens)), tokens.argmax(dim=-1)]: text i, and the place of its EOT"


def way(
    model: Any,
    tokens: Tensor,
    pick: Callable[[Tensor], Tensor] | int | None = None,
    mask: Callable[[Tensor], Tensor | None] = lambda right: right,
    embed: Callable[[Tensor, Tensor], Tensor] = lambda words, places: words + places[: words.shape[1]],
    run: bool = True,
    norm: bool = True,
    project: bool = True,
) -> Tensor:
    """The encoder's way, step by step, so that every step can be taken wrongly. pick: the token to read, else EOT."""
    x = embed(model.token_embedding(tokens), model.positional_embedding)
    if run:
        x = model.transformer(x, mask(causal_mask(tokens.shape[1])))  # [batch, length, width]
    place: Any = pick(tokens) if callable(pick) else pick
    place = tokens.argmax(dim=-1) if pick is None else place
    x = x[torch.arange(len(tokens)), place]  # [batch, width]
    x = model.ln_final(x) if norm else x
    return (x @ model.text_projection if project else x).detach()


def whole(model: Any, tokens: Tensor) -> Tensor:
    """Features at every token."""
    places = [way(model, tokens, i) for i in range(tokens.shape[1])]
    return torch.stack(places, dim=1)  # [batch, length, embed_dim]


def mean_before(model: Any, tokens: Tensor, keep: Callable[[Tensor], Tensor]) -> Tensor:
    """ln_final of every token, a mean over those of keep, then text_projection: one row at a time."""
    x = model.token_embedding(tokens) + model.positional_embedding[: tokens.shape[1]]
    x = model.ln_final(model.transformer(x, causal_mask(tokens.shape[1])))
    rows = [row[keep(ids)].mean(dim=0) for row, ids in zip(x, tokens, strict=True)]
    return (torch.stack(rows) @ model.text_projection).detach()


def pooled(model: Any, tokens: Tensor, pool: Callable[[Tensor], Tensor], early: bool) -> Tensor:
    """One vector made of all tokens by pool, before (early) or after ln_final, then text_projection."""
    x = model.token_embedding(tokens) + model.positional_embedding[: tokens.shape[1]]
    x = model.transformer(x, causal_mask(tokens.shape[1]))
    x = model.ln_final(pool(x)) if early else pool(model.ln_final(x))
    return (x @ model.text_projection).detach()


def crosswise(model: Any, tokens: Tensor) -> Tensor:
    """Texts and tokens exchanged for the Transformer, without a mask."""
    x = model.token_embedding(tokens) + model.positional_embedding[: tokens.shape[1]]
    x = model.transformer(x.transpose(0, 1)).transpose(0, 1)
    return (model.ln_final(x[torch.arange(len(tokens)), tokens.argmax(dim=-1)]) @ model.text_projection).detach()


def hidden(ids: Tensor, tokens: Tensor) -> Tensor:
    """The causal mask, with the tokens of `ids` (bool [batch, length]) hidden, too: [batch, 1, length, length]."""
    return torch.zeros(tokens.shape).masked_fill(ids, INFINITE)[:, None, None] + causal_mask(tokens.shape[1])


def last(tokens: Tensor) -> Tensor:
    """The place of each text's last EOT."""
    return tokens.shape[1] - 1 - tokens.flip(1).argmax(dim=-1)


def wrong_features(model: Any, tokens: Tensor) -> dict[str, Callable[[], Tensor]]:
    """What is written instead of forward, by name."""

    def at(**how: Any) -> Callable[[], Tensor]:
        return lambda: way(model, tokens, **how)

    def early_norm(words: Tensor, places: Tensor) -> Tensor:
        return model.ln_final(words + places[: words.shape[1]])

    normalised = Mistake("the features have length 1: the encoder does not normalise", way="leave that to the loss")
    return {
        Mistake("the last place is read, which is padding: every text has its EOT elsewhere", way=OWN_EOT): at(pick=-1),
        Mistake("the padding right after EOT is read", way=OWN_EOT): at(pick=lambda ids: ids.argmax(dim=-1) + 1),
        Mistake("the token before EOT is read", way=OWN_EOT): at(pick=lambda ids: ids.argmax(dim=-1) - 1),
        Mistake("token 0 is read, which sees only itself and knows nothing of the text", way=OWN_EOT): at(pick=0),
        Mistake("one place is read for the whole batch: every text has its own", way=OWN_EOT): at(
            pick=int(tokens[0].argmax())
        ),
        Mistake("one place is read for the whole batch, the largest: every text has its own", way=OWN_EOT): at(
            pick=int(tokens.argmax(dim=-1).max())
        ),
        Mistake("the tokens that are not 0 are counted, but 0 is an id, too", way=OWN_EOT): at(
            pick=lambda ids: (ids != 0).sum(dim=-1) - 1
        ),
        Mistake("the first 0 is looked for, but 0 is an id, too", way=OWN_EOT): at(
            pick=lambda ids: (ids == 0).int().argmax(dim=-1) - 1
        ),
        Mistake("where EOT stands twice the last is read; the first one counts",
                way="argmax gives the first of equals"): at(pick=last),
        Mistake("where EOT stands twice both vectors are added; the first one counts",
                way="argmax gives the first of equals, and only one place"): lambda: torch.stack(
            [row[ids == ids.max()].sum(dim=0) for row, ids in zip(whole(model, tokens), tokens, strict=True)]
        ),
        Mistake("every text is read at every EOT: text i belongs with place i alone", way=OWN_EOT): lambda: whole(
            model, tokens
        )[:, tokens.argmax(dim=-1)],
        Mistake("this is the mean over all tokens, padding included: EOT alone is read", way=OWN_EOT): lambda: (
            mean_before(model, tokens, lambda ids: ids > -1)
        ),
        Mistake("this is the mean (or the sum) over all tokens, padding included: EOT alone is read",
                way=OWN_EOT): lambda: pooled(model, tokens, lambda x: x.mean(dim=1), early=True),
        Mistake("of each number the largest over all tokens is taken: EOT alone is read", way=OWN_EOT): lambda: (
            pooled(model, tokens, lambda x: x.amax(dim=1), early=True)
        ),
        Mistake("of each number the largest over all tokens is taken, and EOT alone is read", way=OWN_EOT): lambda: (
            pooled(model, tokens, lambda x: x.amax(dim=1), early=False)
        ),
        Mistake("the place before the smallest id is read, but a text that fills its row has no 0 behind it",
                way=OWN_EOT): at(pick=lambda ids: ids.argmin(dim=-1) - 1),
        Mistake("this is the mean over a text's tokens: EOT alone is read", way=OWN_EOT): lambda: mean_before(
            model, tokens, lambda ids: torch.arange(len(ids)) <= ids.argmax()
        ),
        Mistake("these are features of every token: those at EOT alone are asked", way=OWN_EOT): lambda: whole(
            model, tokens
        ),
        Mistake("the mask is missing: every token looks ahead, and the padding is read",
                way="self.transformer(x, causal_mask(length, x.device))"): at(mask=lambda _: None),
        Mistake("the mask is transposed: tokens look ahead and not back",
                way="causal_mask(length, x.device), without .T"): at(mask=lambda right: right.T),
        Mistake("the mask was made True and False: attention adds it, and wants 0 and -inf",
                way="causal_mask(length, x.device), as it is"): at(mask=lambda right: right.bool()),
        Mistake("the mask was made True and False, and attention adds it: it wants 0 and -inf",
                way="causal_mask(length, x.device), as it is"): at(mask=lambda right: right == 0),
        Mistake("tokens of id 0 are hidden, but 0 is an id like any other",
                way="the causal mask alone: EOT never sees the padding"): at(
            mask=lambda _: hidden(tokens == 0, tokens)
        ),
        Mistake("the Transformer gets the texts where it wants the tokens, so that texts look at each other",
                way="x stays [texts, tokens, width]: leave out permute and transpose"): lambda: crosswise(
            model, tokens
        ),
        Mistake("the positions are missing", way="add self.positional_embedding[:length] to the tokens"): at(
            embed=lambda words, _: words
        ),
        Mistake("tokens and positions are multiplied: they are added",
                way="self.token_embedding(tokens) + self.positional_embedding[:length]"): at(
            embed=lambda words, places: words * places[: words.shape[1]]
        ),
        Mistake("the positions are added twice", way="once is enough"): at(
            embed=lambda words, places: words + 2 * places[: words.shape[1]]
        ),
        Mistake("ln_final comes too early: it stands behind the Transformer, not before it", way=NORM_LAST): at(
            embed=early_norm, norm=False
        ),
        Mistake("ln_final comes twice, the first time before the Transformer", way=NORM_LAST): at(embed=early_norm),
        Mistake("the tokens are missing: these are positions alone",
                way="self.token_embedding(tokens) + self.positional_embedding[:length]"): at(
            embed=lambda words, places: torch.zeros_like(words) + places[: words.shape[1]]
        ),
        Mistake("these are the last positions: a text begins at position 0",
                way="self.positional_embedding[:length]"): at(
            embed=lambda words, places: words + places[-words.shape[1] :]
        ),
        Mistake("every token gets position 0", way=PLACES): at(embed=lambda words, places: words + places[0]),
        Mistake("every token gets the last position", way=PLACES): at(
            embed=lambda words, places: words + places[words.shape[1] - 1]
        ),
        Mistake("every token of a text gets the position of its EOT: each has its own", way=PLACES): at(
            embed=lambda words, places: words + places[tokens.argmax(dim=-1)][:, None]
        ),
        Mistake("every token gets the position at which the EOT of the first text stands", way=PLACES): at(
            embed=lambda words, places: words + places[int(tokens[0].argmax())]
        ),
        Mistake("the embeddings are scaled: CLIP adds tokens and positions as they are",
                way="no factor √width"): at(
            embed=lambda words, places: words.shape[-1] ** 0.5 * words + places[: words.shape[1]]
        ),
        Mistake("the Transformer is missing: the tokens never meet",
                way="x = self.transformer(x, causal_mask(length, x.device))"): at(run=False),
        Mistake("ln_final is missing: it stands between the Transformer and the projection",
                way="self.ln_final(x) @ self.text_projection"): at(norm=False),
        Mistake("text_projection is missing: it makes embed_dim numbers of width",
                way="self.ln_final(x) @ self.text_projection"): at(project=False),
        Mistake("ln_final and text_projection are missing: they come after the Transformer",
                way="self.ln_final(x) @ self.text_projection"): at(norm=False, project=False),
        normalised: lambda: F.normalize(way(model, tokens), dim=-1),
    }  # fmt: skip
