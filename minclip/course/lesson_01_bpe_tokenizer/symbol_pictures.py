"""Symbols as boxes, and how they merge: the pictures of lesson 01 that show single words."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from minclip.bpe import Pair, count_pairs, merge_pair, train_bpe, word_symbols
from minclip.figures.look import FONT, MATCH_COLOUR, QUIET_COLOUR, TEXT_COLOUR, described, new_figure

LETTER = 0.125  # inches that a letter takes
HEIGHT = 0.36  # inches of a box
GAP = 0.06  # inches between boxes
LINE = 0.52  # inches from row to row
LETTERS = ["DejaVu Sans Mono", "DejaVu Sans"]  # both come with matplotlib; the second has what the first lacks
TOKEN_COLOURS = (TEXT_COLOUR, "#56B4E9", MATCH_COLOUR, "#CC79A7")  # taken in turn: neighbours differ
WORDS = {"hat": 3, "that": 2, "tha": 1}

Row = tuple[str, Sequence[str], Pair | None]  # what is said of it, its symbols, the pair that was merged to get there


def box(axes: Axes, x: float, y: float, width: float, words: str, colour: str, small: int = 0) -> None:
    """A filled box with words in it; its lower left corner is at (x, y)."""
    axes.add_patch(Rectangle((x, y), width, HEIGHT, fc=colour, ec="none", alpha=0.4))
    axes.add_patch(Rectangle((x, y), width, HEIGHT, fill=False, ec=colour, lw=1.5))
    axes.text(x + width / 2, y + HEIGHT / 2, words, ha="center", va="center", fontsize=FONT - small, family=LETTERS)


def sheet(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of so many inches to draw boxes on, an inch being an inch."""
    figure = new_figure(width, height)
    axes = figure.subplots()
    axes.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    axes.set_axis_off()
    return figure, axes


def room(symbols: Sequence[str], gap: float = GAP) -> float:
    """Inches that these symbols take in a row."""
    return sum(LETTER * len(symbol) + 0.14 + gap for symbol in symbols)


def draw_row(axes: Axes, x: float, y: float, symbols: Sequence[str], pair: Pair | None, gap: float = GAP) -> None:
    """Symbols from left to right; what the pair became is green."""
    for symbol in symbols:
        width = LETTER * len(symbol) + 0.14
        box(axes, x, y, width, symbol, MATCH_COLOUR if pair and symbol == pair[0] + pair[1] else TEXT_COLOUR)
        x += width + gap


def draw_symbols(what: str, rows: Sequence[Row], notes: Sequence[str] = ()) -> Figure:
    """Rows of symbols, with what is said of each on its left, and a note on its right. what: the figure, in words."""
    left = LETTER * max(len(words) for words, _, _ in rows) + 0.2
    longest = max(room(symbols) for _, symbols, _ in rows)
    right = LETTER * max((len(note) for note in notes), default=0)
    figure, axes = sheet(left + longest + 0.1 + right, LINE * len(rows) + 0.1)
    for row, (words, symbols, pair) in enumerate(rows):
        y = LINE * (len(rows) - 1 - row) + 0.1
        axes.text(left - 0.12, y + HEIGHT / 2, words, ha="right", va="center", fontsize=FONT, color=QUIET_COLOUR)
        draw_row(axes, left, y, symbols, pair)
        if row < len(notes):
            axes.text(left + longest + 0.1, y + HEIGHT / 2, notes[row], va="center", fontsize=FONT)
    said = "; ".join(f"{words} {' '.join(symbols)}" for words, symbols, _ in rows)
    return described(figure, f"{what}: {said}. {'; '.join(notes)}")


def draw_count() -> Figure:
    """Three words with their counts, and what their neighbours add up to."""
    words = {word_symbols(word): count for word, count in WORDS.items()}
    notes = ["    ".join(f"{a} {b}: +{count}" for a, b in pairwise(symbols)) for symbols, count in words.items()]
    rows: list[Row] = [(f"{count} ×", symbols, None) for symbols, count in words.items()]
    return draw_symbols("Words with their counts, and what each pair of neighbours adds", rows, notes)


def draw_merge() -> Figure:
    """A row of symbols before and after a merge."""
    symbols, pair = word_symbols("bananas"), ("a", "n")
    rows: list[Row] = [("before", symbols, None), ("after", merge_pair(symbols, pair), pair)]
    return draw_symbols(f"A word before and after the merge of {' and '.join(pair)}", rows)


def draw_training() -> Figure:
    """Three words, column by column as they grow together; above each column its merge and how often it was seen."""
    words = [word_symbols(word) for word in WORDS]
    columns: list[tuple[list[tuple[str, ...]], Pair | None]] = [(words, None)]
    titles = ["the words"]
    for number, pair in enumerate(train_bpe(WORDS, 9)):
        count = count_pairs(dict(zip(words, WORDS.values(), strict=True)))[pair]
        titles.append(f"merge {number}: {pair[0]} + {pair[1]}\nseen {count} times")
        words = [merge_pair(symbols, pair) for symbols in words]
        columns.append((words, pair))
    widths = [
        max(*map(room, words), 0.088 * len(title.splitlines()[0])) + 0.3
        for (words, _), title in zip(columns, titles, strict=True)
    ]
    figure, axes = sheet(sum(widths) + 0.6, LINE * len(words) + 0.6)
    x, top = 0.6, LINE * len(words) + 0.1
    for row, count in enumerate(WORDS.values()):
        y = LINE * (len(words) - 1 - row) + 0.05
        axes.text(0.5, y + HEIGHT / 2, f"{count} ×", ha="right", va="center", fontsize=FONT, color=QUIET_COLOUR)
    for (grown, merged), width, title in zip(columns, widths, titles, strict=True):
        axes.text(x, top, title, va="bottom", fontsize=FONT - 1, color=QUIET_COLOUR)
        for row, symbols in enumerate(grown):
            draw_row(axes, x, LINE * (len(words) - 1 - row) + 0.05, symbols, merged)
        x += width
    said = "; ".join(
        f"{' '.join(title.split())}: {', '.join(' '.join(symbols) for symbols in grown)}"
        for (grown, _), title in zip(columns, titles, strict=True)
    )
    return described(figure, f"Three words grow together, merge by merge. {said}.")


def draw_growth(word: str, merges: Sequence[Pair]) -> Figure:
    """A word grows together, a row for every merge that meets it."""
    symbols = word_symbols(word)
    rows: list[Row] = [("bytes", symbols, None)]
    for number, pair in enumerate(merges):
        after = merge_pair(symbols, pair)
        if after != symbols:
            rows.append((f"merge {number}:  {pair[0]} + {pair[1]}", after, pair))
        symbols = after
    return draw_symbols(f"The word {word} grows together, merge by merge", rows)


def draw_ranks(word: str, ranks: Mapping[Pair, int]) -> Figure:
    """Round by round, the ranks of a word's neighbours, below the place where they meet; the smallest is green."""
    rounds = [word_symbols(word)]
    while found := [pair for pair in pairwise(rounds[-1]) if pair in ranks]:
        rounds.append(merge_pair(rounds[-1], min(found, key=ranks.__getitem__)))
    gap, line = 0.3, 0.85
    figure, axes = sheet(1.2 + room(rounds[0], gap), line * len(rounds))
    for row, symbols in enumerate(rounds):
        x, y = 1.1, line * (len(rounds) - 1 - row) + 0.42
        axes.text(1.0, y + HEIGHT / 2, f"round {row + 1}", ha="right", va="center", fontsize=FONT, color=QUIET_COLOUR)
        draw_row(axes, x, y, symbols, None, gap)
        smallest = min((ranks[pair] for pair in pairwise(symbols) if pair in ranks), default=-1)
        for pair in pairwise(symbols):
            x += LETTER * len(pair[0]) + 0.14 + gap
            rank, best = ranks.get(pair), ranks.get(pair) == smallest
            said, colour = ("–", QUIET_COLOUR) if rank is None else (str(rank), MATCH_COLOUR if best else "black")
            weight = "bold" if best else "normal"
            axes.text(x - gap / 2, y - 0.06, said, ha="center", va="top", fontsize=FONT, color=colour, weight=weight)
    grown = "; ".join(" ".join(symbols) for symbols in rounds)
    return described(figure, f"Round by round, the pair of smallest rank in {word} becomes one symbol: {grown}.")


def draw_orders(word: str, orders: Mapping[str, Sequence[str]]) -> Figure:
    """The same word, cut in different ways. orders: what was done -> the symbols."""
    rows: list[Row] = [("bytes", word_symbols(word), None), *((name, cut, None) for name, cut in orders.items())]
    return draw_symbols(f"The word {word}, cut in different ways", rows)
