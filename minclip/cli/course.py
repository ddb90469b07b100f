"""Your workbook of the course: start one, open it in JupyterLab, bring it up to date, start a lesson afresh.

    minclip course start                   makes a folder with the lessons' notebooks, and room for your answers
    minclip course start ~/clip            the same in a folder that you name
    minclip course lab                     opens the workbook in JupyterLab, and starts one if you have none
    minclip course update                  brings new and changed lessons, and puts your answers back into their cells
    minclip course reset 05 clip_loss      gives one exercise its empty cell again (without a name: the whole lesson)
    minclip course certificate             writes a page of what you built and of what your CLIP knows: certificate.html
    minclip course lab --jupyter --no-browser     what follows --jupyter goes to JupyterLab

The workbook is the folder around you that holds workbook.json. If there is none, it is `workbook/` in the clone of the
repository, or `minclip-workbook/` here. Before a notebook changes, a copy goes to the workbook's `copies/`.
"""

import argparse

from minclip.cli.values import local_path

INSTALL = 'python -m pip install "nbformat>=5.10"'
RELOAD = "If a notebook that changed is open in JupyterLab, reload it: File, Reload Notebook from Disk."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="start|lab|update|reset|certificate")
    start = actions.add_parser("start", help="make a workbook")
    lab = actions.add_parser("lab", help="open the workbook in JupyterLab")
    update = actions.add_parser("update", help="bring new and changed lessons")
    reset = actions.add_parser("reset", help="start a lesson or an exercise afresh")
    certificate = actions.add_parser("certificate", help="write a page of what you built")
    where = "the workbook (default: the one that you are in, else workbook/ in the clone, or minclip-workbook/ here)"
    for action in (start, lab, update):
        action.add_argument("folder", nargs="?", type=local_path, metavar="FOLDER", help=where)
    lab.add_argument(
        "--jupyter",
        nargs=argparse.REMAINDER,
        default=[],
        metavar="OPTION",
        help="options of JupyterLab itself, at the end",
    )
    reset.add_argument("lesson", metavar="LESSON", help="its number or name, such as 05")
    reset.add_argument("exercise", nargs="?", metavar="EXERCISE", help="its name or number, such as clip_loss or 5.2")
    reset.add_argument("--workbook", dest="folder", type=local_path, metavar="FOLDER", help="the workbook")
    certificate.add_argument(
        "file",
        nargs="?",
        type=local_path,
        metavar="FILE",
        help="the page (default: certificate.html beside your my_minclip)",
    )
    certificate.add_argument("--name", default="", help="your name, as the page is to show it")
    certificate.add_argument(
        "--run", type=local_path, metavar="DIR", help="the run to show (default: the newest of yours in ./runs)"
    )


def run(arguments: argparse.Namespace) -> int:
    if arguments.action == "certificate":
        return write_certificate(arguments)
    try:
        import nbformat  # noqa: F401
    except ModuleNotFoundError:
        raise ValueError(f"notebooks need the package nbformat: {INSTALL}") from None
    from minclip.course import lab, workbook_start
    from minclip.course.workbook import default_folder, is_workbook, short
    from minclip.course.workbook_lessons import HANDED_OUT, behind, update

    folder = (arguments.folder or default_folder()).absolute()
    if arguments.action == "start" or (arguments.action == "lab" and not (folder / HANDED_OUT).is_dir()):
        lines = workbook_start.start(folder)
        if arguments.action == "start":
            lines += [f"To open it: minclip course lab{f' {arguments.folder}' if arguments.folder else ''}"]
    elif not is_workbook(folder):
        raise ValueError(f"{short(folder)} is no workbook: minclip course start makes one")
    elif arguments.action == "lab":
        lines = [f"Your workbook is {short(folder)}."]
        if news := behind(folder):
            lines += [f"The course has a newer version of {', '.join(news)}: minclip course update brings it."]
    elif arguments.action == "update":
        lines = update(folder, workbook_start.answers_of(folder))
    else:
        lesson = workbook_start.lesson_of(arguments.lesson)
        asked = arguments.exercise
        exercise = None if asked is None else workbook_start.exercise_in(lesson, asked)  # "" is a name that is wrong
        lines = workbook_start.reset(folder, lesson, exercise)
    if any("The notebook before" in line for line in lines):
        lines += [RELOAD]
    print("\n".join(lines), flush=True)
    return lab.open_lab(folder, arguments.jupyter) if arguments.action == "lab" else 0


def write_certificate(arguments: argparse.Namespace) -> int:
    """The page of what the learner built. It takes a while: every answer is judged once more."""
    import sys

    from minclip.cli.models import RUNS
    from minclip.course import certificate
    from minclip.course.workbook import answers_folder, short

    place = answers_folder()
    if place is None:
        raise ValueError("the repository's solutions/ keep no answers: run this in your workbook")
    path = (arguments.file or place.parent / "certificate.html").absolute()
    certificate.refuse_other_file(path)
    print("minclip: judging your answers and searching pictures, which takes a while", file=sys.stderr)
    gathered = certificate.gather(arguments.name, RUNS, arguments.run)
    certificate.write(gathered, path)
    print(f"{short(path)} is written: open it in a browser, or send it to a friend.")
    if gathered.run is None:
        print("It has no curves yet. After `minclip train --mine`, write it again.")
    return 0
