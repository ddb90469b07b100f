"""Encoding captions side by side with OpenAI's own tokenizer: 40,000 captions, OpenAI's vocabulary.

python -m benchmarks.speed.tokenizer_speed bpe_simple_vocab_16e6.txt.gz Flickr8k.token.txt   (any captions, one a line)

Cold: a new tokenizer reads them for the first time (reading the vocabulary is not counted). Warm: it reads them
again. All run in one process, alternating, a text at a time; the ratios are what counts. Hugging Face's `tokenizers`
(Rust) is there to compare: it leaves the cleaning out. Writes results/tokenizer_speed.json.
"""

import os
import statistics
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from benchmarks.result_files import keep
from benchmarks.speed.peers import package
from benchmarks.speed.timing import spread

os.environ["TOKENIZERS_PARALLELISM"] = "false"  # one core for each
from tokenizers import Tokenizer

from minclip.formats.tokenizer_files import write_tokenizer
from minclip.tokenizer import BPETokenizer

CAPTIONS, REPEATS = 40_000, 7


def original() -> tuple[type, str]:
    """OpenAI's class and where it comes from: their package, else open_clip's copy."""
    theirs = package("clip.simple_tokenizer")
    if theirs is not None:
        return theirs.SimpleTokenizer, "OpenAI's own (clip)"
    return import_module("open_clip.tokenizer").SimpleTokenizer, "OpenAI's, in open_clip's copy"


def seconds(encode, texts: list[str]) -> float:
    began = time.perf_counter()
    for text in texts:
        encode(text)
    return time.perf_counter() - began


def ratios(rounds: list[dict], other: str, state: str) -> dict[str, float]:
    """How many times as fast ours is, over the rounds."""
    return spread((times[f"{other} {state}"] / times[f"ours {state}"] for times in rounds), digits=3)


def main() -> None:
    merges, captions = map(Path, sys.argv[1:3])
    texts = [line.split("\t")[-1] for line in captions.read_text(encoding="utf-8").splitlines()][:CAPTIONS]
    theirs, peer = original()
    with tempfile.TemporaryDirectory() as folder:
        write_tokenizer(BPETokenizer.from_openai_merges(merges), folder)
        rust = str(Path(folder) / "tokenizer.json")
        rounds = []
        for _ in range(REPEATS):
            tokenizers = {"ours": BPETokenizer.from_openai_merges(merges), "theirs": theirs(str(merges))}
            tokenizers["rust"] = Tokenizer.from_file(rust)
            rounds.append(
                {
                    f"{name} {state}": seconds(tokenizer.encode, texts)
                    for state in ("cold", "warm")
                    for name, tokenizer in tokenizers.items()
                }
            )
    ours, reference = tokenizers["ours"], tokenizers["theirs"]
    ids = [ours.encode(text) for text in texts]
    assert ids == [reference.encode(text) for text in texts]
    tokens = sum(map(len, ids))
    result = {
        "captions": len(texts),
        "tokens": tokens,
        "repeats": REPEATS,
        "peer": peer,
        **{state: ratios(rounds, "theirs", state) for state in ("cold", "warm")},
        **{f"rust_{state}": ratios(rounds, "rust", state) for state in ("cold", "warm")},
        "tokens_per_second": {
            state: round(tokens / statistics.median(times[f"ours {state}"] for times in rounds))
            for state in ("cold", "warm")
        },
    }
    keep("tokenizer_speed", result)


if __name__ == "__main__":
    main()
