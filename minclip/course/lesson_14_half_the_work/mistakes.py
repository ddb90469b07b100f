"""What people write in place of lesson 14's keep_tokens and shorten: each mistake, and what it gives."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from minclip.course.assertions import Mistake
from minclip.masking import keep_tokens, shorten

Way = Callable[..., Any]
PLACES = "places = F.pad(kept + 1, (1, 0)) is [batch, 1 + k]"
GATHER = "x.gather(1, places[..., None].expand(-1, -1, x.shape[-1]))"


def taken(x: Tensor, places: Tensor) -> Tensor:
    """The tokens of these places, of each row its own. places: int64 [batch, n]."""
    return x.gather(1, places[..., None].expand(-1, -1, x.shape[-1]))


def left_out(x: Tensor, kept: Tensor) -> Tensor:
    """CLS and the patches that are not kept."""
    mask = torch.ones(x.shape[:2], dtype=torch.bool).scatter(1, kept + 1, False)
    return x[mask].unflatten(0, (len(x), -1))


def zeroed(x: Tensor, kept: Tensor) -> Tensor:
    """All tokens, zeros where one is left out."""
    mask = torch.zeros(x.shape[:2]).scatter(1, F.pad(kept + 1, (1, 0)), 1.0)
    return x * mask[..., None]


CLS_LOST = Mistake("CLS is missing: it is never left out", way=PLACES)
NO_SHIFT = Mistake("patch i is token 1 + i, because CLS is token 0: here every patch is the one before it", way=PLACES)
TURNED = Mistake("these are the patches that are left out, and kept names those that stay", way=PLACES)
ALL_ROWS = Mistake(
    "x[:, places] takes the places of all pictures in every picture: each picture has its own",
    way=f"{GATHER}, or x[torch.arange(len(x))[:, None], places]",
)
WRONG_TOKENS: dict[str, Way | tuple[Way, ...]] = {
    CLS_LOST: (lambda x, kept: taken(x, kept + 1), lambda x, kept: taken(x[:, 1:], kept)),
    Mistake("CLS is missing, and patch i is token 1 + i", way=PLACES): lambda x, kept: taken(x, kept),
    NO_SHIFT: lambda x, kept: taken(x, F.pad(kept, (1, 0))),
    Mistake(
        "CLS's place stays 0: here the first patch stands in it", way="add 1 before the pad: F.pad(kept + 1, (1, 0))"
    ): (lambda x, kept: taken(x, F.pad(kept + 1, (1, 0), value=1))),
    Mistake("CLS stands last here, and it is the first token", way=PLACES): (
        lambda x, kept: taken(x, F.pad(kept + 1, (0, 1)))
    ),
    Mistake("the places of the first picture are used for all: each picture has its own", way=GATHER): (
        lambda x, kept: x[:, F.pad(kept[0] + 1, (1, 0))]
    ),
    Mistake("the patches are not in the order of kept", way="no sort: kept says which comes first"): (
        lambda x, kept: taken(x, F.pad(kept.sort(dim=1).values + 1, (1, 0))),
        lambda x, kept: taken(x, F.pad(kept.flip(1) + 1, (1, 0))),
    ),
    ALL_ROWS: (lambda x, kept: x[:, F.pad(kept + 1, (1, 0))], lambda x, kept: x[:, kept + 1]),
    Mistake("the first number of each token is taken alone: gather takes one number for each index", way=GATHER): (
        lambda x, kept: x.gather(1, F.pad(kept + 1, (1, 0))[..., None])
    ),
    Mistake(
        "the first number of each token fills the whole token: gather takes one number for each index", way=GATHER
    ): (lambda x, kept: x.gather(1, F.pad(kept + 1, (1, 0))[..., None]).expand(-1, -1, x.shape[-1])),
    TURNED: left_out,
    Mistake("what is left out is 0 here, and still there: a step saves nothing", way="take the others out"): zeroed,
    Mistake("all tokens are still there", way=GATHER): lambda x, kept: x,
    Mistake("the first tokens are taken, and kept says which", way=GATHER): lambda x, kept: x[:, : 1 + kept.shape[1]],
    Mistake("CLS is there twice", way=PLACES): (
        lambda x, kept: torch.cat([x[:, :1], taken(x, F.pad(kept + 1, (1, 0)))], dim=1)
    ),
    Mistake("kept counts patches from 0, and here it counts from 1", way=PLACES): (
        lambda x, kept: taken(x, F.pad((kept - 1).clamp(min=0) + 1, (1, 0)))
    ),
    Mistake("tokens and numbers of a token are swapped", way="[batch, 1 + k, width]"): (
        lambda x, kept: keep_tokens(x, kept).transpose(1, 2)
    ),
    Mistake("the mean of the kept tokens is no token", way=GATHER): (
        lambda x, kept: keep_tokens(x, kept).mean(dim=1),
        lambda x, kept: keep_tokens(x, kept).mean(dim=1, keepdim=True),
    ),
}

CUT = "torch.where(end >= length, EOT, short[:, -1:])"
END = "end = tokens.argmax(dim=1, keepdim=True), EOT has the largest id"


def always_last(tokens: Tensor, length: int) -> Tensor:
    short = tokens[:, :length].clone()
    short[:, -1] = tokens.amax(dim=1)
    return short


def ended(
    tokens: Tensor, length: int, late: Callable[[Tensor], Tensor], ids: Tensor | None = None, place: int = -1
) -> Tensor:
    """An end, EOT or the ids of all rows, in the last place of the rows that `late` names by the place of their EOT."""
    return ended_where(tokens, length, late(tokens.argmax(dim=1)), ids, place)


def ended_where(tokens: Tensor, length: int, rows: Tensor, ids: Tensor | None = None, place: int = -1) -> Tensor:
    """An end in the last place of these rows. rows: bool [batch]."""
    short = tokens[:, :length].clone()
    short[rows, place] = (tokens.amax(dim=1) if ids is None else ids)[rows]
    return short


def with_end(tokens: Tensor, length: int, end: int) -> Tensor:
    """The right rows with another id for EOT where they are cut."""
    short = shorten(tokens, length)
    short[tokens.argmax(dim=1) >= length, -1] = end
    return short


def inserted(tokens: Tensor, length: int) -> Tensor:
    """Texts that are cut keep all their tokens, and EOT follows; the others get padding."""
    longer = F.pad(tokens[:, :length], (0, 1))
    cut = tokens.argmax(dim=1) >= length
    longer[cut, -1] = tokens.amax(dim=1)[cut]
    return longer


def from_the_end(tokens: Tensor, length: int) -> Tensor:
    """The last tokens before EOT, of texts that are longer."""
    end = tokens.argmax(dim=1)
    starts = (end - length + 1).clamp(min=0)
    places = starts[:, None] + torch.arange(min(length, tokens.shape[1]))
    return tokens.gather(1, places)


FIXED_END = Mistake("the id of EOT was written down, and each vocabulary has its own", way="tokens.gather(1, end)")
NO_EOT = Mistake("a text that is cut has no EOT any more, and the encoder reads at EOT", way=CUT)
TOO_EARLY = Mistake("a text whose EOT is the last token that is kept was not cut, but lost it", way=CUT)
WRONG_TEXTS: dict[str, Way | tuple[Way, ...]] = {
    NO_EOT: (lambda tokens, length: tokens[:, :length], lambda tokens, length: tokens[:, :length].clone()),
    Mistake("EOT stands in the last place of every text: a short text already has its own", way=CUT): always_last,
    Mistake("EOT of a text that is one token too long is lost: its place is length, counted from 0", way=CUT): (
        lambda tokens, length: ended(tokens, length, lambda end: end > length)
    ),
    Mistake("the condition is turned round: texts that are cut need EOT", way=CUT): (
        lambda tokens, length: ended(tokens, length, lambda end: end < length)
    ),
    Mistake("the last columns are kept, and the first ones are asked", way="tokens[:, :length]"): (
        lambda tokens, length: tokens[:, -length:]
    ),
    Mistake("the end of long texts is kept, and the first tokens are asked", way="tokens[:, :length]"): (
        from_the_end,
        lambda tokens, length: torch.cat([tokens[:, :1], from_the_end(tokens[:, 1:], length - 1)], dim=1),
    ),
    Mistake("EOT takes the last place that is kept, not the one before it", way=CUT): lambda tokens, length: ended(
        tokens, length, lambda end: end >= length, place=-2
    ),
    Mistake("what stands last in a whole text is padding: argmax says where EOT stands", way=END): (
        lambda tokens, length: ended(tokens, length, lambda end: end >= length, tokens[:, -1]),
        lambda tokens, length: ended(tokens, length, lambda end: end >= 0, tokens[:, -1]),
    ),
    FIXED_END: lambda tokens, length: with_end(tokens, length, 9),
    Mistake("SOT is lost", way="tokens[:, :length]"): (
        lambda tokens, length: tokens[:, 1 : length + 1],
        lambda tokens, length: ended(tokens[:, 1:], length, lambda end: end >= length),
    ),
    Mistake("the texts are one token too long: EOT takes the last place, it is not added", way=CUT): inserted,
    Mistake("the texts are one token too long", way="tokens[:, :length]"): lambda tokens, length: shorten(
        tokens, length + 1
    ),
    Mistake("the texts are one token too short", way="tokens[:, :length]"): (
        lambda tokens, length: shorten(tokens, max(3, length - 1))
    ),
    Mistake("EOT's id is that of OpenAI's vocabulary here: it is the largest id of a text", way=END): (
        lambda tokens, length: with_end(tokens, length, 49407)
    ),
    Mistake("the end is looked for after cutting: the largest id that is left is no EOT", way=END): (
        lambda tokens, length: ended_by_short(tokens, length),
        lambda tokens, length: ended(
            tokens, length, lambda end: end >= 0, tokens[:, :length].max().expand(len(tokens))
        ),
        lambda tokens, length: ended(tokens, length, lambda end: end >= length, tokens[:, :length].amax(dim=1)),
        lambda tokens, length: ended(
            tokens, length, lambda end: end >= length, tokens[:, :length].max().expand(len(tokens))
        ),
    ),
    Mistake("argmax without dim gives one place for all texts, and each has its own", way=END): (
        lambda tokens, length: ended_where(tokens, length, (tokens.argmax() >= length).expand(len(tokens)))
    ),
    Mistake("padding stands where EOT must stand", way=CUT): lambda tokens, length: with_end(tokens, length, 0),
    Mistake("the place of EOT stands where its id must stand", way=CUT): lambda tokens, length: by_place(
        tokens, length
    ),
    Mistake("nothing was cut", way="tokens[:, :length]"): lambda tokens, length: tokens,
    Mistake("what is cut became padding, and a step still reads it", way="tokens[:, :length]"): (
        lambda tokens, length: tokens * (torch.arange(tokens.shape[1]) < length),
        lambda tokens, length: F.pad(shorten(tokens, length), (0, max(0, tokens.shape[1] - length))),
    ),
    Mistake("rows and columns are swapped: texts are the rows", way="tokens[:, :length]"): (
        lambda tokens, length: tokens[:length]
    ),
    Mistake(
        "id 0 is a token like others: what stands before EOT is text, even a 0",
        way=END,
    ): (
        lambda tokens, length: by_zeros(tokens, length),
        lambda tokens, length: ended_where(tokens, length, tokens[:, :length][:, -1] != 0),
    ),
}


def ended_by_short(tokens: Tensor, length: int) -> Tensor:
    short = tokens[:, :length].clone()
    short[:, -1] = short.amax(dim=1)
    return short


def by_place(tokens: Tensor, length: int) -> Tensor:
    short, end = shorten(tokens, length), tokens.argmax(dim=1)
    short[end >= length, -1] = end[end >= length]
    return short


def by_zeros(tokens: Tensor, length: int) -> Tensor:
    """EOT is put where the count of ids that are not 0 is above the length."""
    return ended_where(tokens, length, (tokens != 0).sum(dim=1) > length)
