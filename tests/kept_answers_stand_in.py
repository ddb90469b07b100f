"""The store of kept answers in its simplest form, for tests of the workbook: a file for each answer, no checks."""

from pathlib import Path
from types import SimpleNamespace


class KeptAnswers:
    def __init__(self, folder: Path):
        self.folder = folder

    def file(self, name: str) -> Path:
        return self.folder / "answers" / f"{name}.py"

    def up_to_date(self) -> list[str]:
        return []

    def names(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("answers/*.py"))

    def text(self, name: str) -> str:
        return self.file(name).read_text(encoding="utf-8").rpartition("# ---\n")[2]

    def answer(self, name: str) -> SimpleNamespace:
        """Above a line of dashes: an import or a helper for each paragraph."""
        *needs, _ = self.file(name).read_text(encoding="utf-8").split("# ---\n")
        parts = [part.strip() for part in "".join(needs).split("\n\n") if part.strip()]
        imports = {part.split()[-1]: part for part in parts if part.startswith(("import", "from"))}
        return SimpleNamespace(imports=imports, helpers={part: part for part in parts if part not in imports.values()})

    def adopt(self, name: str, text: str) -> None:
        self.file(name).parent.mkdir(parents=True, exist_ok=True)
        self.file(name).write_text(text, encoding="utf-8")

    def set_aside(self, name: str) -> Path:
        place = self.folder / "aside" / f"{name}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        return self.file(name).replace(place)
