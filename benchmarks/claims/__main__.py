"""What is said of CLIP, measured on the picture book, as catalogue/ says: one file for each group of claims.

python -m benchmarks.claims                        all of them, three seeds each: a night on two cores
python -m benchmarks.claims --list                 what is compared, and what is left to train
python -m benchmarks.claims --only temperature     some of them
python -m benchmarks.claims --seeds 0              a third of the time: the luck of training is that of other claims
python -m benchmarks.claims --samples 1024 --seeds 0 --pictures few --out runs/try       whether it runs at all
python -m benchmarks.claims --page                 docs/claims.md from the kept results, without training

A run that was killed goes on; arms that claims share (the base!) are trained once. To split the work: call --list once
(it times a step for the arm of equal time), then give processes other --seeds and the same --out, and at the end call
it with all seeds. Results lie in OUT/claims-*.json; those of whole runs (all pictures, 300,000 samples) are kept in
results/, unless more seeds are kept there already.
"""

import argparse
import json
from pathlib import Path

from benchmarks import result_files
from benchmarks.claims import report
from benchmarks.claims.catalogue import CLAIMS
from benchmarks.claims.result import result_of
from benchmarks.claims.seed_spread import pooled
from benchmarks.claims.trained_arms import is_done
from benchmarks.claims.training_arms import SAMPLES, SEEDS, Arm, Book, Setting
from minclip.data.paths import atomic_write, data_root
from minclip.engine.devices import choose_device

PICTURES = {"all": (Book().pictures, 10), "few": (2_000, 1)}  # training pictures; test pictures per class


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.claims", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=CLAIMS, default=list(CLAIMS), metavar="NAME")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="of the base; 1,024 at least")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--out", type=Path, default=Path("runs/claims"))
    parser.add_argument("--pictures", choices=PICTURES, default="all")
    parser.add_argument("--emoji", type=Path, default=data_root() / "emoji-64", help="folder with emoji.json")
    parser.add_argument("--device", help="cpu, cuda or mps; the best one by default")
    parser.add_argument("--list", action="store_true", help="only say what would be done")
    parser.add_argument("--page", action="store_true", help="only write docs/claims.md")
    asked = parser.parse_args(argv)
    asked.seeds = list(dict.fromkeys(asked.seeds))  # one that is named twice is one: it shows no luck of training
    return asked


def setting_of(asked: argparse.Namespace) -> Setting:
    pictures, per_class = PICTURES[asked.pictures]
    base = Arm(data=Book(pictures)).with_config(samples=asked.samples)
    return Setting(base, asked.out, choose_device(asked.device), per_class, asked.emoji)


def claims_of(setting: Setting, names: list[str]):
    """The claims that can be made; one whose data are not there says so and is left out."""
    for name in names:
        try:
            yield CLAIMS[name](setting)
        except FileNotFoundError as error:
            print(f"{name} is left out: {error}")


def say_what_is_left(setting: Setting, names: list[str], seeds: list[int]) -> None:
    """The claims with their statements, and how many samples are still to be trained."""
    left: dict[Path, int] = {}
    for claim in claims_of(setting, names):
        folders = {arm.folder(setting.out, seed): (arm, seed) for arm in claim.arms for seed in seeds}
        missing = {
            folder: arm.config.samples for folder, (arm, seed) in folders.items() if not is_done(arm, seed, setting.out)
        }
        print(f"\n{claim.name}: {claim.said}\n  {len(folders)} runs, {len(missing)} of them to train: ", end="")
        print(*map(claim.name_of, claim.arms), sep="; ")
        print(*(f"  · {finding.statement}" for finding in claim.findings), sep="\n")
        left |= missing
    rate = json.loads((result_files.RESULTS / "picturebook-5min.json").read_text(encoding="utf-8"))["run"]
    hours = sum(left.values()) / rate["pictures_per_second"] / 3600
    print(f"\nto train: {len(left)} runs, {sum(left.values()):,} samples; {hours:.1f} hours at the")
    print(f"{rate['pictures_per_second']:,} pictures a second of results/picturebook-5min.json, evaluation not counted")


def main(argv: list[str] | None = None) -> None:
    asked = arguments(argv)
    if asked.page:
        return report.write()
    setting = setting_of(asked)
    if asked.list:
        return say_what_is_left(setting, asked.only, asked.seeds)
    whole = asked.samples == SAMPLES and asked.pictures == "all"
    for claim in claims_of(setting, asked.only):
        kept = {result["claim"]: result for result in report.read_results(result_files.RESULTS, CLAIMS)}
        luck = pooled(kept.values())
        result = {"machine": result_files.machine(), **result_of(claim, setting, asked.seeds, luck)}
        with atomic_write(setting.out / f"claims-{claim.name}.json") as file:
            file.write(json.dumps(result, indent=1, ensure_ascii=False).encode("utf-8"))
        for finding in result["findings"]:
            print(f"  {finding['statement']} {report.points(finding)}: {finding['verdict']}")
        if whole and len(asked.seeds) >= len(kept.get(claim.name, {"seeds": ()})["seeds"]):
            result_files.keep(f"claims-{claim.name}", result)
            report.write()


if __name__ == "__main__":
    main()
