"""The learner's answers on disk, one file each, and the readable package that is made from them.

    my_minclip/answers/clip_loss.py     an answer as it passed its check: the source of all else
    my_minclip/loss.py                  the parts of minclip/loss.py that the learner wrote, made from the answers
    my_minclip/aside/                   what is no longer used: answers that were reset, files that cannot be read

Every change happens under a lock, so that two notebooks can be solved at once, and writes whole files.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from filelock import FileLock

from minclip.course.kept_answer import Answer, answer_from, read_answer
from minclip.course.learner_package import HOMES, PARTS, ByHand, found_by_hand, package_file
from minclip.course.outline import LESSONS, number_of
from minclip.course.statements import statements, with_names
from minclip.data.paths import atomic_write

WRITTEN = ".written"  # the package's files as the answers made them: what differs from them was written by hand
FORMER = {old: exercise.name for lesson in LESSONS for exercise in lesson.exercises for old in exercise.former}


class KeptAnswers:
    """The answers in a folder my_minclip. The folder need not exist; reading makes nothing."""

    def __init__(self, folder: Path):
        self.folder = folder

    def file(self, name: str) -> Path:
        return self.folder / "answers" / f"{name}.py"

    def names(self) -> list[str]:
        """The exercises that have an answer, in the order of the course."""
        return [name for name in PARTS if self.file(name).is_file()]

    def answer(self, name: str) -> Answer:
        """ValueError where its file cannot be read."""
        try:
            return read_answer(name, read(self.file(name)))
        except (ValueError, OSError) as error:
            raise ValueError(f"{self.file(name)} cannot be read: {error}") from error

    def text(self, name: str) -> str:
        """What the learner wrote for an exercise: the def, class or assignment alone."""
        return self.answer(name).text

    def keep(self, answer: Answer) -> list[str]:
        """Keeps an answer that passed its check; returns what else happened, in sentences."""
        with self.locked() as said:
            if self.file(answer.name).is_file() and self.is_by_hand(answer.name):
                old = self.move_aside(self.file(answer.name))
                said.append(f"Your earlier version, {self.short(old)}, was edited by hand: it is kept there.")
            self.write(answer)
        return said

    def adopt(self, name: str, text: str) -> None:
        """Takes over an answer that an earlier version kept: a text with its imports and helpers."""
        with self.locked():
            self.write(answer_from(name, statements(text), PARTS))

    def set_aside(self, name: str) -> Path:
        """Moves an answer to aside/, where nothing reads it; returns where it is."""
        with self.locked():
            return self.move_aside(self.file(name))

    def up_to_date(self) -> list[str]:
        """Brings package and answers together after edits by hand or an update; returns what happened."""
        if not any(self.folder.rglob("*.py")):  # nothing was ever kept: reading leaves no trace
            return []
        with self.locked() as said:
            pass
        return said

    @contextmanager
    def locked(self) -> Iterator[list[str]]:
        """Inside, this process alone writes here. Before, edits by hand are taken over; after, the package is made."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / ".lock"):
            said: list[str] = []
            self.follow_the_course(said)
            by_hand = {home: self.edits(home, said) for home in HOMES}
            yield said
            answers = self.readable(said)
            for home in HOMES:
                text, made = (package_file(home, answers, by_hand[home], made_only) for made_only in (False, True))
                self.write_package_file(self.folder / f"{home}.py", text)
                self.write_package_file(self.folder / WRITTEN / f"{home}.py", made)

    def readable(self, said: list[str]) -> dict[str, Answer]:
        """All answers; a file that cannot be read is moved aside."""
        found = {}
        for name in self.names():
            try:
                found[name] = self.answer(name)
            except ValueError as error:
                old = self.move_aside(self.file(name))
                said.append(f"{name}: your answer {error}. It is in {self.short(old)} now.")
        return found

    def follow_the_course(self, said: list[str]) -> None:
        """Answers to exercises that have another name now get it; those that are no exercise any more go aside."""
        for path in sorted((self.folder / "answers").glob("*.py")):
            old, new = path.stem, FORMER.get(path.stem)
            if old in PARTS or not path.is_file():
                continue
            if new and not self.file(new).is_file():
                answer = read_answer(old, read(path))
                text = with_names(answer.text, {old: new})
                self.write(replace(answer, name=new, text=text))
                path.unlink()
                said.append(f"The exercise {old} is called {new} now, and so is your answer.")
            else:
                moved = self.move_aside(path)
                said.append(f"{old} is no exercise any more: your answer is kept in {self.short(moved)}.")

    def edits(self, home: str, said: list[str]) -> ByHand:
        """What was edited by hand in a file of the package; changed parts become answers, missing ones go aside."""
        path = self.folder / f"{home}.py"
        if not path.is_file():
            return ByHand()
        try:
            found = found_by_hand(home, read(path), self.last_written(home))
        except (SyntaxError, UnicodeDecodeError) as error:
            old = self.move_aside(path)
            line = getattr(error, "lineno", None)
            where = f", line {line}" if line else ""
            why = getattr(error, "msg", None) or str(error)
            said.append(
                f"{self.short(path)} could not be read ({why}{where}): it is in {self.short(old)} now, and a new one "
                f"was made from your answers."
            )
            return ByHand()
        for answer in found.answers.values():
            self.write(answer)
        for name in found.taken_out:
            old = self.move_aside(self.file(name))
            said.append(f"{name} was taken out of {self.short(path)}: your answer is in {self.short(old)}.")
        return found

    def is_by_hand(self, name: str) -> bool:
        try:
            return self.answer(name).by_hand
        except ValueError:
            return False

    def write(self, answer: Answer) -> None:
        with atomic_write(self.file(answer.name)) as file:
            file.write(answer.file(f"{answer.name}, exercise {number_of(answer.name)}").encode("utf-8"))

    def write_package_file(self, path: Path, text: str) -> None:
        if not text:
            path.unlink(missing_ok=True)
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            with atomic_write(path) as file:
                file.write(text.encode("utf-8"))

    def last_written(self, home: str) -> str:
        """A file of the package as the answers made it, before anything was written into it by hand."""
        try:
            text = read(self.folder / WRITTEN / f"{home}.py")
            statements(text)
        except (OSError, ValueError, SyntaxError):  # not copied along: as the answers make it today
            return package_file(home, self.readable([]), ByHand())
        return text

    def move_aside(self, path: Path) -> Path:
        """Moves a file to aside/, under a name that is free."""
        aside = self.folder / "aside"
        aside.mkdir(parents=True, exist_ok=True)
        number, target = 1, aside / path.name
        while target.exists():
            number += 1
            target = aside / f"{path.stem}-{number}{path.suffix}"
        shutil.move(path, target)
        return target

    def short(self, path: Path) -> str:
        """A path as the learner knows it: my_minclip/aside/clip_loss.py."""
        return path.relative_to(self.folder.parent).as_posix()


def read(path: Path) -> str:
    """A file's text; some editors on Windows put a byte order mark before it."""
    return path.read_text(encoding="utf-8-sig")
