"""What `minclip classroom check` found: what it repaired, and what it names for the teacher to look at."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from minclip.classroom.originals import write_bytes

RECORD = "checked.json"  # all repairs so far, and what the last check named


@dataclass(frozen=True, order=True)
class Finding:
    """One thing about one submission. lesson: "" where it is about the student's folder."""

    student: str
    lesson: str
    words: str

    def line(self) -> str:
        return f"{self.student} · {self.lesson}: {self.words}" if self.lesson else f"{self.student}: {self.words}"


@dataclass
class Findings:
    repaired: list[Finding] = field(default_factory=list)
    named: list[Finding] = field(default_factory=list)
    older: Counter[str] = field(default_factory=Counter)  # lesson -> notebooks made from an earlier release
    older_repaired: Counter[str] = field(default_factory=Counter)  # those that were brought to today's

    def repair(self, student: str, lesson: str, words: str) -> None:
        self.repaired.append(Finding(printable(student), lesson, printable(words)))

    def name(self, student: str, lesson: str, words: str) -> None:
        self.named.append(Finding(printable(student), lesson, printable(words)))


def printable(words: str) -> str:
    """One line that any terminal and file takes: names of files may hold line ends, colours and broken letters."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in words)


def remember(folder: Path, findings: Findings) -> None:
    """Keeps the findings for the report."""
    before = remembered(folder)
    repaired = list(dict.fromkeys([*before.repaired, *findings.repaired]))
    kept = {"repaired": [asdict(one) for one in repaired], "named": [asdict(one) for one in findings.named]}
    text = json.dumps(kept, ensure_ascii=False, indent=1) + "\n"
    path = folder / RECORD
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        write_bytes(path, text.encode("utf-8"))


def remembered(folder: Path) -> Findings:
    """Those of all checks so far. None where the file is missing or damaged: a check writes it anew."""
    try:
        kept = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        repaired, named = ([Finding(**one) for one in kept[kind]] for kind in ("repaired", "named"))
        return Findings(repaired, named)
    except (OSError, ValueError, KeyError, TypeError):
        return Findings()
