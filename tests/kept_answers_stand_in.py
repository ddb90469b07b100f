"""The store of kept answers in its simplest form, for tests of the workbook: a file for each answer, no checks."""

import ast
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

    def answer(self, name: str) -> SimpleNamespace:
        text = self.file(name).read_text(encoding="utf-8")
        found = SimpleNamespace(text="", imports={}, helpers={})
        for node in ast.parse(text).body:
            part = ast.get_source_segment(text, node) or ""
            if isinstance(node, ast.Import | ast.ImportFrom):
                found.imports[node.names[0].name] = part
            elif getattr(node, "name", "") == name:
                found.text = part
            else:
                found.helpers[part] = part
        return found

    def text(self, name: str) -> str:
        return self.answer(name).text

    def adopt(self, name: str, text: str) -> None:
        self.file(name).parent.mkdir(parents=True, exist_ok=True)
        self.file(name).write_text(text, encoding="utf-8")

    def set_aside(self, name: str) -> Path:
        place = self.folder / "aside" / f"{name}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        return self.file(name).replace(place)
