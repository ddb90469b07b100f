"""Checks of `minclip doctor` on packages: what is needed, what is pinned, what fits together, what else there is."""

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from minclip.cli.checks import Check

CLONE = Path(__file__).parents[2]
INSTALL = "python -m pip install"
GIVES = {  # optional part -> what it is for; those that only developers need are not here
    "classroom": "minclip classroom",
    "completion": "minclip completion",
    "course": "the lessons in JupyterLab",
    "export": "minclip export to ONNX",
    "hub": "minclip fetch hf-hub:OWNER/NAME",
    "parquet": "pictures in Parquet",
    "probe": "minclip eval --probe",
    "serve": "minclip serve",
    "shards": "WebDataset shards",
    "siglip": "texts for SigLIP's weights",
    "tensorboard": "minclip train --tensorboard",
}


def requirements(extra: str = "") -> list[tuple[str, str]]:
    """(package, minimum version) that minclip needs, or one of its optional parts.

    From the checkout's pyproject.toml, or from the installed package.
    """
    if (CLONE / "pyproject.toml").is_file():
        import tomllib  # here: Python 3.10 has none, and must get as far as check_python

        project = tomllib.loads((CLONE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        lines = project["optional-dependencies"].get(extra, []) if extra else project["dependencies"]
    else:
        lines = [line for line in metadata.requires("minclip") or [] if extra_of(line) == extra]
    return [(match[1], match[2]) for line in lines if (match := re.match(r"([\w.-]+)\s*>=\s*([\d.]+)", line))]


def extra_of(line: str) -> str:
    """
    >>> extra_of("onnx>=1.17; extra == 'export'"), extra_of("numpy>=2.0")
    ('export', '')
    """
    match = re.search(r"extra == ['\"]([\w-]+)", line)
    return match[1] if match else ""


def numbers(version: str) -> tuple[int, ...]:
    """'2.13.0+cpu' -> (2, 13, 0)"""
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0]))


def version_of(name: str) -> str | None:
    """The installed version; None where the package is missing."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def check_package(name: str, minimum: str) -> Check:
    version, remedy = version_of(name), f'{INSTALL} "{name}>={minimum}"'
    if version is None:
        return Check(f"{name} is not installed", remedy)
    if numbers(version) < numbers(minimum):
        return Check(f"{name} {version} is older than {minimum}", remedy)
    return Check(f"{name} {version}")


def pins(file: Path) -> dict[str, str]:
    """package -> version, of a constraints file; {} where there is none."""
    if not file.is_file():
        return {}
    lines = [line.split("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines()]
    return dict(line.split("==") for line in lines if "==" in line)


def check_pins(pinned: dict[str, str]) -> Iterator[Check]:
    """What differs from constraints.txt: no fault, but the first thing to know where numbers or errors differ."""
    found = {name: version for name in pinned if (version := version_of(name))}
    other = [
        f"{name} {found[name]} (there {pinned[name]})"
        for name in found
        if numbers(found[name]) != numbers(pinned[name])
    ]
    if other:
        all_at_once = f"{INSTALL} -c constraints.txt -e ."
        said = f"{len(other)} of {len(found)} packages differ from constraints.txt: {', '.join(other)}"
        yield Check(f"{said}. The tests ran with those: {all_at_once} installs them", fails=False)
    elif found:
        yield Check(f"{len(found)} packages are as constraints.txt has them")


def check_torchvision(torch_version: str, vision_version: str | None, error: str) -> Iterator[Check]:
    """Whether torchvision, where it is installed, was built for this torch.

    Args:
        torch_version: such as 2.13.0+cpu.
        vision_version: of torchvision; None: it is not installed, and minclip does not need it.
        error: what its import raised; "" where it works.
    """
    if vision_version is None:
        return
    build, other = (version.partition("+")[2] for version in (torch_version, vision_version))
    if not error and build == other:
        yield Check(f"torchvision {vision_version} fits torch {torch_version}")
        return
    index = f" --index-url https://download.pytorch.org/whl/{build}" if build else ""
    pinned = pins(CLONE / "constraints.txt")
    same_torch = numbers(torch_version) == numbers(pinned.get("torch", ""))
    name = f"torchvision=={pinned['torchvision']}" if same_torch else "torchvision"
    text = f"torchvision {vision_version} was built for another torch than {torch_version}"
    breaks = "minclip does not need it, but open_clip and the image processors of transformers do"
    remedy = f"{INSTALL} --force-reinstall --no-deps {name}{index}"
    yield Check(f"{text}{f' ({error})' if error else ''}. {breaks}: {remedy}", fails=False)


def torchvision_error() -> str:
    """What the import of torchvision raises, in one line; "" where it works or is not installed."""
    if version_of("torchvision") is None:
        return ""
    try:
        import torchvision  # noqa: F401
    except Exception as error:  # an operator that does not exist, a library of another version: anything
        return " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return ""


def check_optional() -> Iterator[Check]:
    """The optional parts: which are complete, and how the others are installed."""
    missing = {
        extra: [name for name, minimum in requirements(extra) if numbers(version_of(name) or "0") < numbers(minimum)]
        for extra in GIVES
    }
    complete = [extra for extra, names in missing.items() if not names]
    if complete:
        yield Check(f"optional parts that are installed: {', '.join(complete)}")
    place = "-c constraints.txt -e " if (CLONE / "constraints.txt").is_file() else ""
    for extra, names in missing.items():
        if names:
            how = f'{INSTALL} {place}"{"." if place else "minclip"}[{extra}]"'
            yield Check(f"without {', '.join(names)} there is no {GIVES[extra]}: {how}", fails=False)
