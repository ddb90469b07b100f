"""Why a file of the library may stay below the limit of suite_coverage.py: what the lines are that no test runs."""

MEASURES = "its `main` measures what a lesson shows, for minutes; the lesson and its tests read the kept result"
CLOSED_IN = "it closes its own process in, and from there coverage.py cannot write; its tests look from outside"
IN_THE_SANDBOX = "it runs in the process of a student's notebook, inside the sandbox, where coverage.py cannot write"
DAMAGED = "refusals of files that are damaged or odd in a rare way"
SYSTEM = "answers to what a system does rarely: a process or a file that goes away, another operating system"
NO_SOURCE = "fallbacks for code without a source text, or of a rare form"
OTHER_USES = "refusals of arguments, and forms of them, that no test uses"
LESSON = "minclip/course/lesson_"
WHY = {
    "minclip/classroom/called_exercises.py": NO_SOURCE,
    "minclip/classroom/collecting.py": DAMAGED,
    "minclip/classroom/hidden_tests/": IN_THE_SANDBOX,
    "minclip/classroom/landlock.py": CLOSED_IN,
    "minclip/classroom/library_state.py": NO_SOURCE,
    "minclip/classroom/marking.py": IN_THE_SANDBOX,
    "minclip/classroom/namespaces.py": CLOSED_IN,
    "minclip/classroom/nbgrader_calls.py": "what nbgrader says when it fails by itself",
    "minclip/classroom/own_methods.py": NO_SOURCE,
    "minclip/classroom/process_tree.py": SYSTEM,
    "minclip/classroom/released_cells.py": DAMAGED,
    "minclip/classroom/sandbox.py": CLOSED_IN,
    "minclip/classroom/surroundings.py": SYSTEM,
    "minclip/classroom/tampering.py": NO_SOURCE,
    "minclip/cli/__main__.py": "its one call, in a process that ends by itself",
    "minclip/cli/packages.py": "optional packages that are broken or of another version",
    "minclip/course/build.py": "its `main`, and a test's own refusal of a wrong lesson text",
    "minclip/course/calls.py": OTHER_USES,
    "minclip/course/execution_guards.py": SYSTEM,
    "minclip/course/judging.py": IN_THE_SANDBOX,
    f"{LESSON}05_symmetric_infonce/half_loss.py": MEASURES,
    f"{LESSON}06_clip_assembled/branch_factor.py": MEASURES,
    f"{LESSON}06_clip_assembled/one_batch.py": MEASURES,
    f"{LESSON}07_training/broken_runs.py": MEASURES,
    f"{LESSON}07_training/real_run.py": MEASURES,
    f"{LESSON}07_training/warmup_runs.py": MEASURES,
    f"{LESSON}08_zero_shot_evaluation/learning_from_labels.py": MEASURES,
    f"{LESSON}10_retrieval/composed.py": MEASURES,
    f"{LESSON}13_siglip/small_siglip.py": MEASURES,
    f"{LESSON}14_half_the_work/mistakes.py": "one mistake of several, whose case needs another first",
    "minclip/course/same_code.py": NO_SOURCE,
    "minclip/data/layouts/cells.py": DAMAGED,
    "minclip/data/layouts/near_files.py": SYSTEM,
    "minclip/data/layouts/records.py": DAMAGED,
}


def why(path: str) -> str:
    """The reason of a file, or of its folder; "" where there is none."""
    return WHY.get(path) or WHY.get(f"{path.rpartition('/')[0]}/", "")
