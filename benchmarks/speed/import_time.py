"""Seconds that `import minclip` and its whole face add to importing torch, in fresh processes, alternating.

python -m benchmarks.speed.import_time

Writes results/import_time.json.
"""

import statistics
import subprocess
import sys
import time

from benchmarks.result_files import keep

ROUNDS = 7
FACE = "import minclip; [getattr(minclip, name) for name in minclip.__all__]"


def seconds(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - began


def main() -> None:
    rounds = [(seconds("import torch"), seconds(f"import torch; {FACE}")) for _ in range(ROUNDS + 1)][1:]
    added = sorted(both - alone for alone, both in rounds)
    torch_alone = statistics.median(alone for alone, _ in rounds)
    keep(
        "import_time",
        {
            "rounds": ROUNDS,
            "torch_seconds": round(torch_alone, 2),
            "added_median": round(statistics.median(added), 2),
            "added_lowest": round(added[0], 2),
            "added_highest": round(added[-1], 2),
        },
    )


if __name__ == "__main__":
    main()
