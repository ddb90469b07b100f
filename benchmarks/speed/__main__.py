"""Everything that is measured side by side with others, in one command: make bench.

python -m benchmarks.speed [--captions FILE] [--merges FILE]     (an hour; on a quiet machine)

Each part is a process of its own, keeps its result in results/, and can be run alone. The tokenizer's parts need a
file with a caption per line, and OpenAI's merges: without them they are left out, and their kept results stay. At the
end results/bench.json says what ran, and the tables are written (update_docs.py).
"""

import argparse
import subprocess
import sys
import time

from benchmarks.result_files import keep


def parts(captions: str | None, merges: str | None) -> dict[str, list[str] | str]:
    """part -> the arguments of its module, or why it is left out."""
    no_captions, no_merges = "needs --captions FILE", "needs --captions FILE and --merges FILE"
    return {
        "train_speed": [],
        "encode_speed": [],
        "scaling": [],
        "tricks": [],
        "import_time": [],
        "bpe_training": [captions] if captions else no_captions,
        "tokenizer_speed": [merges, captions] if captions and merges else no_merges,
    }


def run(planned: dict[str, list[str] | str], package: str = "benchmarks.speed") -> dict[str, dict]:
    """Runs the modules of a package one after the other: what became of each, and how long it took."""
    done = {}
    for name, arguments in planned.items():
        if isinstance(arguments, str):
            done[name] = {"left out": arguments}
            continue
        print(f"--- {name}", flush=True)
        began = time.perf_counter()
        finished = subprocess.run([sys.executable, "-m", f"{package}.{name}", *arguments], check=False)
        minutes = round((time.perf_counter() - began) / 60, 1)
        done[name] = {"minutes": minutes} if finished.returncode == 0 else {"failed": finished.returncode}
    return done


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed", description="Measures minclip side by side with others."
    )
    parser.add_argument("--captions", help="a text file with a caption per line, such as Flickr8k.token.txt")
    parser.add_argument("--merges", help="OpenAI's bpe_simple_vocab_16e6.txt.gz")
    given = parser.parse_args()
    done = run(parts(given.captions, given.merges))
    keep("bench", {"parts": done})
    subprocess.run([sys.executable, "-m", "benchmarks.update_docs"], check=True)
    failed = [name for name, what in done.items() if "failed" in what]
    if failed:
        sys.exit(f"failed: {', '.join(failed)}; their kept results are the old ones")


if __name__ == "__main__":
    main()
