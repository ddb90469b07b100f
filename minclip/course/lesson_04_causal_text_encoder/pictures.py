"""The pictures of lesson 04: words in their places, who sees whom, what reaches whom, texts near and far.

`reach`, `listening` and `features_of` compute what is drawn. They go the text encoder's way, `features_of`
wrongly where asked.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor
from torch.nn import functional as F

from minclip.course.tensor_boxes import Box, draw_tensors
from minclip.figures.look import (
    FONT,
    MATCH_COLOUR,
    OTHER_COLOUR,
    QUIET_COLOUR,
    SCORE_COLOURS,
    SIGNED_COLOURS,
    TEXT_COLOUR,
    described,
    dress,
    new_figure,
    write_in_cell,
)
from minclip.text import TextTransformer
from minclip.tokenizer import EOT, SOT, BPETokenizer
from minclip.transformer import causal_mask

SHORT = {SOT: "SOT", EOT: "EOT"}


def words(tokenizer: BPETokenizer, ids: Tensor) -> list[str]:
    """What the ids of one row stand for, up to EOT."""
    ids = ids[: int(ids.argmax()) + 1]
    said = [tokenizer.decode([i]).strip() for i in ids.tolist()]
    return [SHORT.get(word, word) for word in said]


def draw_tokens(tokenizer: BPETokenizer, tokens: Tensor, columns: int) -> Figure:
    """The first columns of every row: a word and its id in each cell, EOT framed, padding grey."""
    rows = len(tokens)
    figure = new_figure(9.6, 0.75 * rows + 0.75)
    axes = figure.subplots()
    for row, ids in enumerate(tokens):
        said = words(tokenizer, ids)
        for column in range(columns):
            inside = column < len(said)
            colour, alpha = (TEXT_COLOUR, 0.35) if inside else (OTHER_COLOUR, 0.35)
            axes.add_patch(Rectangle((column, row), 1, 1, fc=colour, ec="white", lw=2, alpha=alpha))
            word = said[column] if inside else "–"
            axes.text(column + 0.5, row + 0.36, word, ha="center", va="center", fontsize=FONT)
            number = str(int(ids[column]))
            axes.text(column + 0.5, row + 0.73, number, ha="center", va="center", fontsize=FONT - 2, color=QUIET_COLOUR)
        end = (len(said) - 1 + 0.04, row + 0.06)
        axes.add_patch(Rectangle(end, 0.92, 0.88, fill=False, ec=MATCH_COLOUR, lw=3))
    axes.set(xlim=(0, columns), ylim=(rows, 0), yticks=[])
    axes.set_xticks([place + 0.5 for place in range(columns)], [str(place) for place in range(columns)])
    axes.tick_params(length=0, labelsize=FONT - 1)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("position (it goes on to the right, padding alone)", fontsize=FONT)
    ends = ", ".join(str(int(ids.argmax())) for ids in tokens)
    return described(figure, f"{rows} texts as rows of tokens with their ids; EOT stands at the places {ends}.")


def draw_encoder() -> Figure:
    """From ids to features: what has which shape."""
    tokens = Box("tokens", ("texts", "length"), QUIET_COLOUR)
    embedded = Box("tokens + positions", ("texts", "length", "width"), TEXT_COLOUR)
    seen = Box("after the blocks", ("texts", "length", "width"), TEXT_COLOUR)
    read = Box("at EOT", ("texts", "width"), MATCH_COLOUR)
    features = Box("features", ("texts", "embed_dim"), MATCH_COLOUR, "after ln_final\nand text_projection")
    steps: list[Box | str] = [tokens, "→", embedded, "mask →", seen, "→", read, "→", features]
    return draw_tensors(steps, {"texts": 3, "length": 5, "width": 3, "embed_dim": 4})


def matrix(numbers: Tensor, said: Sequence[str], rows: str, columns: str, title: str) -> Figure:
    """A square of numbers, words along both sides; -inf is a dark cell, 0 an empty one."""
    side = len(said)
    figure = new_figure(1.9 + 0.72 * side, 1.5 + 0.62 * side)
    axes = figure.subplots()
    numbers = numbers.cpu()
    heat = numbers.clamp(min=0) / numbers.max().clamp(min=1e-9)
    axes.imshow(heat, cmap=SCORE_COLOURS, vmin=0, vmax=1, aspect="auto")
    for row, column in np.ndindex(side, side):
        number = float(numbers[row, column])
        if number == -np.inf:
            axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fc=OTHER_COLOUR, ec="white"))
            axes.text(column, row, "-inf", ha="center", va="center", fontsize=FONT - 1, color=QUIET_COLOUR)
        else:
            text = "0" if number == 0 else f"{number:.2f}"
            write_in_cell(axes, row, column, text, float(heat[row, column]))
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xticks(range(side), said, rotation=40, ha="left", fontsize=FONT - 1)
    axes.set_yticks(range(side), said, fontsize=FONT - 1)
    axes.set_xlabel(columns, fontsize=FONT)
    axes.set_ylabel(rows, fontsize=FONT)
    axes.tick_params(length=0)
    figure.suptitle(title, fontsize=FONT + 1, x=0.02, ha="left")
    return figure


def draw_mask(mask: Tensor, said: Sequence[str]) -> Figure:
    """0 and -inf, with the words that look and are looked at."""
    figure = matrix(mask, said, "this token looks ...", "... at this one", "The causal mask")
    allowed = int((mask == 0).sum())
    return described(figure, f"The mask of {len(said)} tokens: 0 in {allowed} cells, -inf in {mask.numel() - allowed}.")


def reach(encoder: TextTransformer, tokens: Tensor, mask: Tensor | None, rows: Sequence[int] | None = None) -> Tensor:
    """How much the blocks' output at token i changes with their input at token j: float [rows, tokens].

    tokens: int64 [tokens], one text; rows: the outputs, all where None. Of the output the part along one fixed
    direction, of its gradient the norm.
    """
    encoder = encoder.eval()
    x = encoder.token_embedding(tokens) + encoder.positional_embedding[: len(tokens)]
    x = x.detach()[None].requires_grad_()  # [1, tokens, width]
    out = encoder.transformer(x, mask)[0]  # [tokens, width]
    direction = torch.randn(out.shape[1], generator=torch.Generator().manual_seed(0)).to(out.device)
    read = out if rows is None else out[list(rows)]
    found = [torch.autograd.grad(one @ direction, x, retain_graph=True)[0][0].norm(dim=-1) for one in read]
    return torch.stack(found)


def draw_reach(gradient: Tensor, said: Sequence[str]) -> Figure:
    """The gradient of each output with respect to each input, shares of the row's largest."""
    shares = gradient / gradient.max(dim=-1, keepdim=True).values
    title = "What reaches whom: size of the gradient, largest of a row = 1"
    figure = matrix(shares, said, "output at ...", "... input at", title)
    above = "zero" if not gradient.triu(1).any() else "not zero"
    return described(
        figure, f"The gradient of the output at each token by the input at each: {above} above the diagonal."
    )


def listening(encoder: TextTransformer, tokenizer: BPETokenizer, texts: Sequence[str]) -> dict[str, list[float]]:
    """For each word, its share of EOT's gradient in every text where it stands: 1 is the mean of that text's tokens."""
    shares = defaultdict(list)
    for ids in tokenizer(texts).to(encoder.text_projection.device):
        said = words(tokenizer, ids)
        gradient = reach(encoder, ids[: len(said)], causal_mask(len(said), ids.device), rows=[-1])[0]
        for word, share in zip(said, (gradient / gradient.mean()).tolist(), strict=True):
            shares[word].append(share)
    return dict(shares)


def draw_listening(shares: Mapping[str, Sequence[float]], least: int = 8) -> Figure:
    """How much EOT listens to each word that stands in at least so many of the texts."""
    means = {word: float(np.mean(found)) for word, found in shares.items() if len(found) >= least}
    ordered = sorted(means, key=means.__getitem__, reverse=True)
    figure = new_figure(9.6, 3.4)
    axes = figure.subplots()
    loud = [TEXT_COLOUR if means[word] > 1 else OTHER_COLOUR for word in ordered]
    axes.bar(range(len(ordered)), [means[word] for word in ordered], color=loud)
    axes.axhline(1, color=QUIET_COLOUR, linestyle="--")
    dress(axes, "What EOT listens to: 1 is the mean token of a text", "", "size of the gradient")
    axes.set_xticks(range(len(ordered)), ordered, rotation=60, ha="right", rotation_mode="anchor")
    axes.grid(visible=False, axis="x")
    most, least_heard = ", ".join(ordered[:4]), ", ".join(ordered[-4:])
    return described(
        figure, f"The size of EOT's gradient by each word: largest for {most}, smallest for {least_heard}."
    )


def draw_cosines(cosines: Tensor, texts: Sequence[str]) -> Figure:
    """Cosines of texts with each other, the texts named on both sides."""
    side = len(texts)
    figure = new_figure(2.9 + 0.62 * side, 2.3 + 0.62 * side)
    axes = figure.subplots()
    axes.imshow(cosines.cpu(), cmap=SIGNED_COLOURS, vmin=-1, vmax=1)
    for row, column in np.ndindex(side, side):
        number = float(cosines[row, column])
        write_in_cell(axes, row, column, f"{number:z.2f}", abs(number))
    axes.set_title("cosines of texts with each other", fontsize=FONT)
    axes.set_xticks(range(side), texts, rotation=45, ha="right", rotation_mode="anchor", fontsize=FONT - 2)
    axes.set_yticks(range(side), texts, fontsize=FONT - 1)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return described(figure, f"Cosines of {side} texts with each other, {float(cosines.min()):z.2f} to 1.")


def features_of(
    encoder: TextTransformer,
    tokens: Tensor,
    place: int | None = None,
    masked: bool = True,
    placed: bool = True,
    cut: bool = False,
) -> Tensor:
    """Unit features, made rightly or wrongly: float [texts, embed_dim].

    place: which token is read, EOT where None; masked: with the causal mask; placed: with positions; cut: every text
    by itself and without its padding.
    """
    if cut:
        alone = [row[None, : int(row.argmax()) + 1] for row in tokens]
        return torch.cat([features_of(encoder, row, place, masked, placed) for row in alone])
    length = tokens.shape[1]
    with torch.no_grad():
        x = encoder.token_embedding(tokens)
        x = x + encoder.positional_embedding[:length] if placed else x
        x = encoder.transformer(x, causal_mask(length, x.device) if masked else None)
        at = tokens.argmax(dim=-1) if place is None else torch.full((len(tokens),), place, device=x.device)
        x = encoder.ln_final(x[torch.arange(len(tokens), device=x.device), at])
        return F.normalize(x @ encoder.text_projection, dim=-1)
