"""What makes the tokenizer fast: training that counts only what changed, and words whose ids are remembered.

`train_bpe` replaces the one of the page bpe.py, which counts all pairs anew for every merge. `remembered` serves the
page tokenizer.py. tests/test_tokenizer.py holds the pages and this file together.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from itertools import islice, pairwise
from typing import Any

from minclip.bpe import Pair, merge_pair, word_symbols
from minclip.data.progress import with_progress

Ids = tuple[int, ...]
REMEMBERED_WORDS, REMEMBERED_LETTERS = 65_536, 40  # bounds on memory: captions repeat far fewer words, no long ones


def train_bpe(word_counts: Mapping[str, int], merges: int) -> list[Pair]:
    """The merges that `bpe.train_bpe` learns, in the same order.

    >>> train_bpe({"hat": 3, "that": 2, "tha": 1}, 10)
    [('a', 't</w>'), ('h', 'at</w>'), ('t', 'hat</w>')]
    """
    return list(
        with_progress(islice(merges_in_order(word_counts), merges), "learning the vocabulary", "merges", merges)
    )


def merges_in_order(word_counts: Mapping[str, int]) -> Iterator[Pair]:
    """One merge after the other, until no pair occurs twice.

    Only the words that hold the merged pair change, and only their pairs are counted again. A heap gives the most
    frequent pair. A count that has changed leaves its old entry in the heap: it is skipped when its turn comes.
    """
    words = [word_symbols(word) for word in word_counts]
    occurs = list(word_counts.values())
    counts: defaultdict[Pair, int] = defaultdict(int)
    words_with: defaultdict[Pair, set[int]] = defaultdict(set)  # some may have lost the pair to a later merge
    for place, symbols in enumerate(words):
        for pair in pairwise(symbols):
            counts[pair] += occurs[place]
            words_with[pair].add(place)
    heap = [(-count, pair) for pair, count in counts.items()]
    heapq.heapify(heap)

    while heap:
        negative_count, best = heapq.heappop(heap)
        if -negative_count != counts[best]:
            continue
        if counts[best] < 2:
            break
        changes: defaultdict[Pair, int] = defaultdict(int)
        for place in words_with.pop(best):
            before, after = words[place], merge_pair(words[place], best)
            for pair in pairwise(before):
                changes[pair] -= occurs[place]
            for pair in pairwise(after):
                changes[pair] += occurs[place]
                words_with[pair].add(place)
            words[place] = after
        for pair, change in changes.items():
            if change:
                counts[pair] += change
                heapq.heappush(heap, (-counts[pair], pair))
        yield best


def remembered(encode_word: Callable[[Any, str], Ids]) -> Callable[[Any, str], Ids]:
    """Decorates a tokenizer's method that gives the ids of a word: a word that comes again is looked up.

    Each tokenizer keeps its own words, in `_remembered`. When they are too many, it forgets them all.
    """

    @wraps(encode_word)
    def look_up(self: Any, word: str) -> Ids:
        try:
            ids: Ids = self._remembered[word]
            return ids
        except KeyError:
            known = self._remembered
        except AttributeError:  # its first word
            known = self._remembered = {}
        ids = encode_word(self, word)
        if len(known) >= REMEMBERED_WORDS:
            known.clear()
        if len(word) <= REMEMBERED_LETTERS:
            known[word] = ids
        return ids

    return look_up
