"""BPE training side by side with Hugging Face `tokenizers` (Rust): 2,000 merges on 40,000 captions.

python benchmarks/bpe_training.py Flickr8k.token.txt      (any text file with a caption per line)

Both run in one process, alternating; the ratio is what counts. Writes results/bpe_training.json.
"""

import statistics
import sys
import time
from pathlib import Path

from keep import keep
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from minclip.tokenizer import FIXED_SYMBOLS, BPETokenizer

CAPTIONS, MERGES, REPEATS = 40_000, 2_000, 7


def ours(texts: list[str], merges: int) -> int:
    """Trains minclip's; returns the number of merges learned."""
    return len(BPETokenizer.train(texts, FIXED_SYMBOLS + merges).merges)


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


def seconds(train, texts: list[str], size: int) -> float:
    began = time.perf_counter()
    train(texts, size)
    return time.perf_counter() - began


def main() -> None:
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    texts = [line.split("\t")[-1] for line in lines][:CAPTIONS]
    letters = theirs(texts, 0)  # it always keeps the alphabet: the rest of its vocabulary are merges
    assert ours(texts, MERGES) == MERGES and theirs(texts, letters + MERGES) == letters + MERGES
    rounds = [(seconds(ours, texts, MERGES), seconds(theirs, texts, letters + MERGES)) for _ in range(REPEATS)]
    ratios = sorted(mine / other for mine, other in rounds)
    result = {
        "captions": len(texts),
        "merges": MERGES,
        "repeats": REPEATS,
        "ratio_median": round(statistics.median(ratios), 2),
        "ratio_lowest": round(ratios[0], 2),
        "ratio_highest": round(ratios[-1], 2),
        "peer": "tokenizers (Rust), its own parallelism",
    }
    keep("bpe_training", result)


if __name__ == "__main__":
    main()
