"""The checklist of a release, which runs itself: `make release`. It uploads nothing and tags nothing.

Each step says what it found. The first one that fails ends the list. At its end, dist/ holds an sdist and a wheel with
their SHA-256, and the two commands that remain are printed.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"


def said(*words: str, folder: Path = ROOT) -> str:
    """What a command prints. SystemExit with its last lines where it fails."""
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed:\n" + "\n".join((done.stdout + done.stderr).splitlines()[-20:]))
    return done.stdout


def clean_tree() -> str:
    if changed := said("git", "status", "--porcelain"):
        raise SystemExit(f"commit or put away first:\n{changed}")
    return f"the tree is clean at {said('git', 'rev-parse', '--short', 'HEAD').strip()}"


def one_version() -> str:
    """The package's, which the changelog's newest heading and the citation name, too, and which has no tag yet."""
    found = {
        "minclip/__init__.py": r'^__version__ = "(.+)"$',
        "CHANGELOG.md": r"^## (\S+)",
        "CITATION.cff": r"^version: (.+)$",
    }
    versions = {}
    for name, pattern in found.items():
        match = re.search(pattern, (ROOT / name).read_text(encoding="utf-8"), re.M)
        versions[name] = match[1] if match else "none"
    if len(set(versions.values())) > 1:
        raise SystemExit(f"these versions differ, make them one: {versions}")
    version = versions["CITATION.cff"]
    if f"v{version}" in said("git", "tag").split():
        raise SystemExit(f"v{version} is tagged already: raise the version")
    return f"version {version}"


def tests() -> str:
    """Shown while they run: they take twenty minutes."""
    if subprocess.run(["make", "test", "test-slow"], cwd=ROOT, check=False).returncode:
        raise SystemExit("make test test-slow failed")
    return "lint, types and tests pass, the slow ones, too"


def packages() -> str:
    shutil.rmtree(DIST, ignore_errors=True)
    code = "import setuptools.build_meta as backend; backend.build_sdist('dist'); backend.build_wheel('dist')"
    said(sys.executable, "-c", code)
    sums = [f"  {hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in sorted(DIST.iterdir())]
    return "\n".join(["built, SHA-256:", *sums])


def clean_install() -> str:
    """The wheel with its pinned needs in a new environment: it loads a model and answers."""
    place = ROOT / "build" / "release-check"
    venv.create(place, clear=True, with_pip=True)
    python = str(place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
    (wheel,) = DIST.glob("*.whl")
    said(python, "-m", "pip", "install", "--quiet", "-c", "constraints.txt", str(wheel))
    said(python, "-c", "import minclip; minclip.load('picturebook-tiny')", folder=place)
    said(python, "-m", "minclip", "doctor", folder=place)
    return "installed in a new environment: it loads a model, and minclip doctor finds nothing wrong"


def main() -> None:
    steps = (clean_tree, one_version, tests, packages, clean_install)
    for number, step in enumerate(steps, 1):
        print(f"{number}/{len(steps)} {step()}", flush=True)
    version = one_version().split()[1]
    print(f"\nWhat remains:\n  git tag -s v{version} -m 'minclip {version}' && git push origin v{version}")
    print("  python -m twine upload dist/*")


if __name__ == "__main__":
    main()
