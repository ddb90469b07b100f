"""The store of kept answers in its simplest form, for tests of the workbook: a file for each answer, no checks."""

from pathlib import Path


class KeptAnswers:
    def __init__(self, folder: Path):
        self.folder = folder

    def file(self, name: str) -> Path:
        return self.folder / "answers" / f"{name}.py"

    def names(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("answers/*.py"))

    def text(self, name: str) -> str:
        return self.file(name).read_text(encoding="utf-8")

    def adopt(self, name: str, text: str) -> None:
        self.file(name).parent.mkdir(parents=True, exist_ok=True)
        self.file(name).write_text(text, encoding="utf-8")

    def set_aside(self, name: str) -> Path:
        place = self.folder / "aside" / f"{name}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        return self.file(name).replace(place)
