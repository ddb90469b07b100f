"""BPE training side by side with Hugging Face `tokenizers` (Rust), and with minbpe's way of doing it.

python -m benchmarks.speed.bpe_training Flickr8k.token.txt      (any text file with a caption per line)

All run in one process, one after the other; the ratios are what counts. minbpe's way, every pair of the whole text
counted anew for every merge, takes so long that it is measured on fewer captions. Writes results/bpe_training.json.
"""

import itertools
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from benchmarks.result_files import keep
from benchmarks.speed.timing import spread
from minclip.bpe import Pair, merge_pair, word_symbols
from minclip.tokenizer import FIXED_SYMBOLS, BPETokenizer, clean

CAPTIONS, MERGES, REPEATS = 40_000, 2_000, 7
FEW_CAPTIONS, FEW_REPEATS = 2_000, 3  # for minbpe's way
GROWTH = 4  # it is also asked what so many times the captions cost


def ours(texts: list[str], merges: int = MERGES) -> list[Pair]:
    """Trains minclip's; returns the merges."""
    return BPETokenizer.train(texts, FIXED_SYMBOLS + merges).merges


def theirs(texts: list[str], vocab_size: int) -> int:
    """Trains Hugging Face's on the same words, as nearly as its parts allow; returns the size of the vocabulary."""
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, min_frequency=2, show_progress=False, end_of_word_suffix="</w>"
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer.get_vocab_size()


def counted_anew(texts: list[str], merges: int = MERGES) -> list[Pair]:
    """minbpe's way (RegexTokenizer.train): all words of the text in their order, repeated ones too; all pairs counted
    for each merge. Of equally frequent pairs the alphabetically first, so that it learns what minclip learns."""
    pattern = BPETokenizer([]).pattern
    words = [word_symbols(word) for text in texts for word in pattern.findall(clean(text))]
    learned: list[Pair] = []
    while len(learned) < merges:
        counts = Counter(pair for symbols in words for pair in itertools.pairwise(symbols))
        most = max(counts.values(), default=0)
        if most < 2:
            break
        learned.append(min(pair for pair, count in counts.items() if count == most))
        words = [merge_pair(symbols, learned[-1]) for symbols in words]
    return learned


def taken(train: Callable, *arguments: object) -> float:
    began = time.perf_counter()
    train(*arguments)
    return time.perf_counter() - began


def main() -> None:
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    texts = [line.split("\t")[-1] for line in lines][:CAPTIONS]
    few, part = texts[:FEW_CAPTIONS], texts[: len(texts) // GROWTH]
    vocab_size = MERGES + theirs(texts, 0)  # it always keeps the alphabet: the rest of its vocabulary are merges
    learned = [len(ours(texts)), len(ours(part)), theirs(texts, vocab_size)]
    if learned != [MERGES, MERGES, vocab_size] or counted_anew(few) != ours(few):
        raise SystemExit("they do not do the same work: nothing was measured")
    rust = [taken(ours, texts) / taken(theirs, texts, vocab_size) for _ in range(REPEATS)]
    growth = [taken(ours, texts) / taken(ours, part) for _ in range(FEW_REPEATS)]
    anew = [taken(counted_anew, few) / taken(ours, few) for _ in range(FEW_REPEATS)]
    result = {
        "captions": len(texts),
        "merges": MERGES,
        "repeats": REPEATS,
        "ratio": spread(rust, 3),
        "growth": {"captions": len(texts) / len(part), "time": spread(growth, 3)},
        "anew": {"captions": len(few), "merges": len(ours(few)), "repeats": FEW_REPEATS, "times": spread(anew, 3)},
    }
    keep("bpe_training", result)


if __name__ == "__main__":
    main()
