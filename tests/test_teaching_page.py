"""docs/teaching.md: its tables are made by docs/teaching_tables.py, and its commands lead from nothing to points."""

import csv
import re
import runpy
import shlex
import zipfile
from pathlib import Path

from page_marks import made_anew

from minclip.cli import main
from minclip.course.build import solution_path
from minclip.course.outline import LESSONS

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "teaching.md").read_text(encoding="utf-8")
tables = runpy.run_path(str(DOCS / "teaching_tables.py"))


def test_the_tables_are_made_by_their_code():
    assert made_anew(PAGE, tables["TABLES"]) == PAGE, "run python docs/teaching_tables.py"


def test_the_commands_lead_to_points(tmp_path, monkeypatch, capsys):
    """With the shortest lesson in the place of 05: one student hands in the solution, as Moodle packs it."""
    monkeypatch.chdir(tmp_path)
    lesson = LESSONS[0]
    with zipfile.ZipFile("moodle.zip", "w") as packed:
        packed.write(solution_path(lesson), f"Ødegård Åse_4711_assignsubmission_file_/{lesson.name}.ipynb")
    (block,) = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
    commands = [shlex.split(line, comments=True) for line in block.splitlines() if line.startswith("minclip")]
    assert [words[2] for words in commands] == ["class", "collect", "check", "grade", "report"]
    for words in commands:
        assert main([f"{lesson.number:02}" if word == "05" else word for word in words[1:]]) == 0, capsys.readouterr()
    with Path("class/report/points.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    points = sum(exercise.points for exercise in lesson.exercises)
    assert float(row["points"]) == points, "the written question was not answered"
    assert Path("class/report/index.html").is_file() and list(Path("class/feedback").rglob("*.html"))
