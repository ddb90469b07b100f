"""A class that lies in a clone stays out of git: one `git add .` would publish its students' work."""

from pathlib import Path

from minclip.data.paths import atomic_write

GITIGNORE = ".gitignore"


def keep_out_of_git(folder: Path, written: dict[str, str]) -> list[str]:
    """Writes a .gitignore that leaves out the whole folder; returns what to say.

    written: of classroom.json. A file that is there, one that was deleted by hand and a folder that is a repository of
    its own stay as they are.
    """
    path = folder / GITIGNORE
    if path.exists() or (folder / ".git").exists() or GITIGNORE in written:
        return []
    with atomic_write(path) as file:
        file.write(b"*\n")
    written[GITIGNORE] = "*"
    return [f"{GITIGNORE} keeps the folder out of git, with the students' work in it."]
