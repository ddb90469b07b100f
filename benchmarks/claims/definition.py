"""A claim: what is said of CLIP, the arms that show whether it is so, and the findings that decide.

A claim is made by a function of the setting, such as `batch_size`; its first finding is the claim itself.
"""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.claims.questions import Answers, standard
from benchmarks.claims.training_arms import Arm, Learned

STANDARD = {"object": "object", "picture → text R@1": "retrieval/picture to text"}  # series -> what is asked


@dataclass(frozen=True)
class Number:
    """A share of right answers: an arm, what it is asked, and the measure that asks it."""

    arm: Arm
    key: str = "object"
    measure: Callable[[Learned], Answers] = standard

    def same_pictures(self, other: "Number") -> bool:
        """Whether both are asked about the same pictures: "object/ensemble" is "object" asked in another way."""
        return self.key.split("/")[0] == other.key.split("/")[0]


@dataclass(frozen=True)
class Row:
    """A number of the table and of the plot: a point of `series` at `label`."""

    label: str
    series: str
    number: Number


@dataclass(frozen=True)
class Finding:
    """A statement that is seen where `better` is above `worse`, which may be a fixed share, such as chance."""

    statement: str
    better: Number
    worse: Number | float


@dataclass(frozen=True)
class Claim:
    """One section of docs/claims.md."""

    name: str
    title: str
    said: str  # in a sentence
    source: str  # paper and section
    measured: str  # what was done here
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]

    @property
    def numbers(self) -> tuple[Number, ...]:
        """Every number that is needed, once."""
        shown = [row.number for row in self.rows]
        better = [finding.better for finding in self.findings]
        worse = [finding.worse for finding in self.findings if isinstance(finding.worse, Number)]
        return tuple(dict.fromkeys([*shown, *better, *worse]))

    @property
    def arms(self) -> tuple[Arm, ...]:
        return tuple(dict.fromkeys(number.arm for number in self.numbers))

    def name_of(self, arm: Arm) -> str:
        """What the table calls an arm: the series that is its alone, else its label."""
        row = next(row for row in self.rows if row.number.arm == arm)
        others = {other.series for other in self.rows if other.number.arm != arm}
        return row.label if row.series in others else row.series


def table(
    arms: dict[str, Arm],
    asked: dict[str, str] = STANDARD,
    measure: Callable[[Learned], Answers] = standard,
) -> tuple[Row, ...]:
    """A row for every arm (label -> arm) and every thing asked (series -> key)."""
    return tuple(
        Row(label, series, Number(arm, key, measure)) for label, arm in arms.items() for series, key in asked.items()
    )


def asked_of(
    series: str,
    arm: Arm,
    asked: dict[str, str],
    measure: Callable[[Learned], Answers] = standard,
) -> tuple[Row, ...]:
    """One arm as a series, with a row for everything that it is asked (label -> key)."""
    return tuple(Row(label, series, Number(arm, key, measure)) for label, key in asked.items())
