"""nbgrader's settings for a class, which its nbgrader_config.py takes over."""

from pathlib import Path
from typing import Any

IGNORED = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", ".DS_Store", "Thumbs.db", "desktop.ini", "~$*",
           "__MACOSX", ".git", ".venv", "my_minclip", "copies"]  # fmt: skip
LARGEST_FILE, LARGEST_FOLDER = 50_000, 200_000  # kilobytes


def settings(config: Any, folder: Path) -> None:
    """Fills in nbgrader's `c`: where the class is, how notebooks run, what is left out."""
    from nbconvert.preprocessors import ClearMetadataPreprocessor, CSSHTMLHeaderPreprocessor
    from nbgrader.preprocessors import (
        AssignLatePenalties,
        CheckCellMetadata,
        ClearOutput,
        GetGrades,
        IgnorePattern,
        LimitOutput,
        OverwriteCells,
        OverwriteKernelspec,
        SaveAutoGrades,
    )

    from minclip.classroom.execution import SandboxedExecute
    from minclip.classroom.feedback import HideHiddenTests
    from minclip.classroom.kept_marks import KeepMarks
    from minclip.classroom.released_cells import RestoreCells

    config.CourseDirectory.root = str(folder.absolute())
    config.CourseDirectory.course_id = folder.absolute().name
    config.CourseDirectory.ignore = IGNORED
    config.CourseDirectory.max_file_size = LARGEST_FILE
    config.CourseDirectory.max_dir_size = LARGEST_FOLDER
    config.Autograde.sanitize_preprocessors = [
        ClearOutput,
        RestoreCells,
        OverwriteKernelspec,
        OverwriteCells,
        CheckCellMetadata,
    ]
    config.Autograde.autograde_preprocessors = [
        SandboxedExecute,
        IgnorePattern,
        ClearMetadataPreprocessor,
        LimitOutput,
        SaveAutoGrades,
        KeepMarks,
        AssignLatePenalties,
        CheckCellMetadata,
    ]
    config.GenerateFeedback.preprocessors = [GetGrades, HideHiddenTests, CSSHTMLHeaderPreprocessor]
    # what a library warns of on stderr costs no points: a check says by an error, or by its points, what is wrong
    config.IgnorePattern.enabled = True
    config.IgnorePattern.pattern = r"(?s)."
