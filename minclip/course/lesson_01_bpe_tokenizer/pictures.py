"""The pictures of lesson 01: bytes, frequent pairs, coloured tokens, rows for the model, single words."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from unittest.mock import patch

from matplotlib.figure import Figure

from minclip.bpe import END_OF_WORD, Pair, merge_pair, word_symbols
from minclip.course.lesson_01_bpe_tokenizer.symbol_pictures import (
    HEIGHT,
    LETTER,
    TOKEN_COLOURS,
    box,
    draw_count,
    draw_growth,
    draw_merge,
    draw_orders,
    draw_ranks,
    draw_training,
    sheet,
)
from minclip.engine import bpe as fast_bpe
from minclip.figures.look import (
    FONT,
    IMAGE_COLOUR,
    MATCH_COLOUR,
    OTHER_COLOUR,
    QUIET_COLOUR,
    TEXT_COLOUR,
    described,
    dress,
    new_figure,
)

__all__ = [
    "draw_bytes", "draw_compression", "draw_count", "draw_frequent", "draw_growth", "draw_ids", "draw_merge",
    "draw_orders", "draw_ranks", "draw_rows", "draw_tokens", "draw_training", "pairs_looked_at",
]  # fmt: skip


def draw_bytes(text: str, table: Mapping[int, str]) -> Figure:
    """A text three times: its characters, their bytes, and the characters that stand for the bytes."""
    cell, left = 0.52, 1.75
    figure, axes = sheet(left + cell * len(text.encode("utf-8")) + 0.1, 1.75)
    for y, name in ((1.3, "characters"), (0.75, "bytes"), (0.2, "printable")):
        axes.text(left - 0.15, y + HEIGHT / 2, name, ha="right", va="center", fontsize=FONT)
    x = left
    for place, character in enumerate(text):
        colour, own = TOKEN_COLOURS[place % 4], character.encode("utf-8")
        words, small = ("space", 3) if character == " " else (character, 0)
        box(axes, x + 0.03, 1.3, cell * len(own) - 0.06, words, colour, small)
        for byte in own:
            box(axes, x + 0.03, 0.75, cell - 0.06, str(byte), colour, small=1)
            box(axes, x + 0.03, 0.2, cell - 0.06, table[byte], colour)
            x += cell
    said = "; ".join(f"{one!r} {', '.join(f'{b} as {table[b]}' for b in one.encode('utf-8'))}" for one in text)
    return described(figure, f"The characters of a text, their bytes, and what stands for each byte: {said}.")


def pairs_looked_at(word_counts: Mapping[str, int], merges: int) -> tuple[list[int], list[int]]:
    """How many pairs are looked at for each merge: (all are counted anew, engine/bpe.py counts what has changed).

    The second list begins with the one count of everything that it starts from.
    """
    words = {word_symbols(word): count for word, count in word_counts.items()}
    seen = [sum(len(symbols) - 1 for symbols in words)]
    visits: Counter[Pair] = Counter()

    def counting(symbols: tuple[str, ...], pair: Pair) -> tuple[str, ...]:
        visits[pair] += len(symbols) - 1
        return merge_pair(symbols, pair)

    with patch.object(fast_bpe, "merge_pair", counting):
        learned = fast_bpe.train_bpe(word_counts, merges)
    anew = []
    for pair in learned:
        anew.append(sum(len(symbols) - 1 for symbols in words))
        words = {merge_pair(symbols, pair): count for symbols, count in words.items()}
    return anew, seen + [visits[pair] for pair in learned]


def draw_tokens(texts: Iterable[str], encode: Callable[[str], list[int]], symbols: Sequence[str]) -> Figure:
    """Texts cut into tokens, their ids below; symbols: of every id. The end of a word is a gap."""
    lines = [[(symbols[i], i) for i in encode(text)] for text in texts]
    widths = [[LETTER * max(len(s.removesuffix(END_OF_WORD)), 3) + 0.1 for s, _ in line] for line in lines]
    gaps = [sum(s.endswith(END_OF_WORD) for s, _ in line) for line in lines]
    longest = max(sum(width) + 0.03 * len(width) + 0.14 * gap for width, gap in zip(widths, gaps, strict=True))
    figure, axes = sheet(longest + 0.2, 0.78 * len(lines) + 0.1)
    for row, (line, width) in enumerate(zip(lines, widths, strict=True)):
        x, y = 0.1, 0.78 * (len(lines) - 1 - row) + 0.35
        for place, ((symbol, i), room) in enumerate(zip(line, width, strict=True)):
            box(axes, x, y, room, symbol.removesuffix(END_OF_WORD), TOKEN_COLOURS[place % 4])
            axes.text(x + room / 2, y - 0.05, str(i), ha="center", va="top", fontsize=FONT - 3, color=QUIET_COLOUR)
            x += room + 0.03 + 0.14 * symbol.endswith(END_OF_WORD)
    said = "; ".join(" ".join(f"{symbol.removesuffix(END_OF_WORD)} {i}" for symbol, i in line) for line in lines)
    return described(figure, f"Texts cut into tokens, each with its id: {said}.")


def draw_compression(sizes: Sequence[int], read: Sequence[float], unread: Sequence[float], words: float) -> Figure:
    """Tokens per caption for vocabularies of several sizes: of captions it learned from, and of other pictures."""
    figure = new_figure(8, 4.2)
    axes = figure.subplots()
    axes.plot(sizes, read, "-o", color=TEXT_COLOUR, label="captions it learned from")
    axes.plot(sizes, unread, "--s", color=IMAGE_COLOUR, label="captions of other pictures")
    axes.axhline(words, color=QUIET_COLOUR, linestyle=":", label="words per caption")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=FONT - 1, frameon=False)
    dress(axes, "More symbols, shorter rows", "size of the vocabulary (ids)", "tokens per caption")
    said = f"from {read[0]:.1f} tokens per caption at {sizes[0]} ids to {read[-1]:.1f} at {sizes[-1]}"
    return described(figure, f"Rows get shorter with a larger vocabulary: {said}; there are {words:.1f} words.")


def draw_rows(rows: Sequence[Sequence[int]], sot: int, eot: int) -> Figure:
    """The tensor that the model reads, a row for each text: SOT and EOT green, the text orange, zeros grey."""
    cell = 0.52
    names = {sot: "SOT", eot: "EOT"}
    figure, axes = sheet(cell * len(rows[0]) + 0.75, 0.5 * len(rows) + 0.45)
    for row, ids in enumerate(rows):
        y, end = 0.5 * (len(rows) - 1 - row) + 0.05, list(ids).index(eot) if eot in ids else len(ids)
        for place, i in enumerate(ids):
            colour = MATCH_COLOUR if i in (sot, eot) else TEXT_COLOUR if place < end else OTHER_COLOUR
            box(axes, 0.7 + cell * place, y, cell - 0.05, names.get(i, str(i)), colour, small=2)
    top = 0.5 * len(rows) + 0.08
    axes.text(0.7, top, f"context_length = {len(rows[0])}", va="bottom", fontsize=FONT, color=QUIET_COLOUR)
    axes.text(0.5, top / 2, "texts", ha="center", va="center", rotation=90, fontsize=FONT, color=QUIET_COLOUR)
    said = "; ".join(" ".join(names.get(i, str(i)) for i in ids) for ids in rows)
    return described(figure, f"The rows of ids that the model reads, all of one length: {said}.")


def draw_frequent(counts: Mapping[Pair, int], how_many: int = 10) -> Figure:
    """The most frequent pairs of neighbours."""
    best = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:how_many]
    figure = new_figure(8, 3.4)
    axes = figure.subplots()
    bars = axes.bar(range(len(best)), [count for _, count in best], color=TEXT_COLOUR)
    axes.bar_label(bars, fontsize=FONT - 1)
    axes.margins(y=0.12)  # room for the number on the tallest
    axes.set_xticks(range(len(best)), [f"{first} {second}" for (first, second), _ in best])
    dress(axes, "Neighbours in the captions", "pair of symbols", "times side by side")
    said = ", ".join(f"{first} {second} {count}" for (first, second), count in best)
    return described(figure, f"The most frequent pairs of neighbours, and how often each occurs: {said}.")


def draw_ids(parts: Sequence[tuple[str, int]]) -> Figure:
    """The ids from 0 upwards. parts: what they stand for, and how many they are."""
    width, gap, colours = 2.05, 0.08, (TEXT_COLOUR, TEXT_COLOUR, IMAGE_COLOUR, MATCH_COLOUR)
    figure, axes = sheet((width + gap) * len(parts) + 0.2, 1.05)
    first, said = 0, []
    for place, ((words, count), colour) in enumerate(zip(parts, colours, strict=True)):
        x = 0.1 + place * (width + gap)
        box(axes, x, 0.45, width, words, colour)
        ids = f"{first} to {first + count - 1}"
        axes.text(x + width / 2, 0.38, ids, ha="center", va="top", fontsize=FONT - 1, color=QUIET_COLOUR)
        said.append(f"{words} {ids}")
        first += count
    return described(figure, f"What the ids stand for: {', '.join(said)}.")
