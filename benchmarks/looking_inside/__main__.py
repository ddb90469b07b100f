"""Looking inside: heat that points, and masks made of it. Two sections of docs/claims.md.

python -m benchmarks.looking_inside                     both: about twenty minutes on one core
python -m benchmarks.looking_inside --only pointing     one of them
python -m benchmarks.looking_inside --draws 0 --out DIR one draw, and nothing is kept: whether it runs at all
"""

from collections.abc import Callable

from benchmarks.after_training.__main__ import measure, write_for_lesson
from benchmarks.after_training.result import ShippedClaim
from benchmarks.looking_inside.claims import COMMAND, masks, pointing
from minclip.course.lesson_15_looking_inside.pictures import KEPT

CLAIMS: dict[str, Callable[[], ShippedClaim]] = {"pointing": pointing, "heat_to_masks": masks}


def main(argv: list[str] | None = None) -> None:
    measure(CLAIMS, COMMAND, __doc__, argv, kept=lambda: write_for_lesson(KEPT, tuple(CLAIMS)))


if __name__ == "__main__":
    main()
