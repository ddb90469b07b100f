"""Answers where they were kept before there were workbooks: the repository's lessons/my_minclip, several in a file."""

import os
import re
from pathlib import Path

from minclip.course.kept_answers import KeptAnswers
from minclip.course.workbook import ANSWERS, PLACE, repository

PART = re.compile(r"^# --- (\w+), lesson \d+\n", re.MULTILINE)  # begins an answer


def take_over(former: Path, answers: KeptAnswers) -> list[str]:
    """Keeps the answers of a folder in which each file holds several, as `# --- NAME, lesson NN` begins them.

    The files stay as they are. An answer that is kept already is not replaced.
    """
    taken, where = [], f"{former.parent.name}/{former.name}"
    said = []
    for path in sorted(former.glob("*.py")):
        pieces = PART.split(path.read_text(encoding="utf-8", errors="replace"))
        for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
            if name in answers.names():
                continue
            try:
                answers.adopt(name, text.strip() + "\n")
                taken.append(name)
            except (ValueError, KeyError, SyntaxError) as error:  # a part that was cut or edited by hand
                said.append(f"{name} stays in {where}/{path.name} alone: {error}")
    return [f"Taken over from {where}, where the files stay: {', '.join(taken)}."] * bool(taken) + said


def take_over_at_first(folder: Path, answers: KeptAnswers) -> list[str]:
    """Takes the former answers over where nothing was ever kept in `folder`; returns what to say.

    So `built` and `--mine` find them without a command. Not where MINCLIP_MINE names the folder.
    """
    root = repository()
    if root is None or folder.exists() or os.environ.get(PLACE):
        return []
    return take_over(root / "lessons" / ANSWERS, answers)
