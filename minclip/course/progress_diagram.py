"""`progress()`: CLIP as a diagram, with the parts that the learner has built filled in."""

from matplotlib.figure import Figure
from matplotlib.patches import BoxStyle, FancyArrowPatch, FancyBboxPatch

from minclip.course.learner_library import finished
from minclip.course.missing_answer import explain_missing_answers
from minclip.course.outline import LESSONS
from minclip.figures.look import FONT, IMAGE_COLOUR, MATCH_COLOUR, QUIET_COLOUR, TEXT_COLOUR, described, new_figure

# box, as the exercises name it -> (what stands in it, its colour, left, bottom)
WIDTH, HEIGHT = 2.6, 0.8
BOXES = {
    "preprocess": ("preprocess", IMAGE_COLOUR, 0.0, 3.0),
    "patches": ("patches", IMAGE_COLOUR, 3.2, 3.0),
    "vision": ("Vision Transformer", IMAGE_COLOUR, 6.4, 3.0),
    "tokenizer": ("BPE tokenizer", TEXT_COLOUR, 0.0, 0.0),
    "blocks": ("attention, blocks", QUIET_COLOUR, 3.2, 1.5),
    "text": ("text Transformer", TEXT_COLOUR, 6.4, 0.0),
    "loss": ("cosine, InfoNCE", MATCH_COLOUR, 9.6, 1.5),
    "clip": ("CLIP, assembled", MATCH_COLOUR, 0.0, -2.0),
    "training": ("training", QUIET_COLOUR, 3.2, -2.0),
    "evaluation": ("zero-shot, prompts", QUIET_COLOUR, 6.4, -2.0),
    "retrieval": ("retrieval", QUIET_COLOUR, 9.6, -2.0),
    "siglip": ("SigLIP", MATCH_COLOUR, 9.6, 0.0),
    "adaptation": ("adapters, mixing", QUIET_COLOUR, 0.0, -3.5),
    "resnet": ("ResNet", IMAGE_COLOUR, 3.2, -3.5),
    "masking": ("fewer tokens", QUIET_COLOUR, 6.4, -3.5),
    "inside": ("looking inside", IMAGE_COLOUR, 9.6, -3.5),
}
ARROWS = (
    ("preprocess", "patches"), ("patches", "vision"), ("tokenizer", "text"), ("blocks", "vision"), ("blocks", "text"),
    ("vision", "loss"), ("text", "loss"), ("clip", "training"), ("training", "evaluation"), ("evaluation", "retrieval"),
)  # fmt: skip


def progress() -> Figure:
    """The diagram; a box is filled as far as its exercises are solved."""
    explain_missing_answers()
    done = finished()
    exercises = [exercise for lesson in LESSONS for exercise in lesson.exercises]
    built_here = {exercise.box for exercise in exercises}  # of a course in which some lessons are not there yet
    lowest = min(BOXES[box][3] for box in built_here)
    figure = new_figure(9.6, 3.6 - 0.75 * lowest)
    axes = figure.subplots()
    axes.set(xlim=(-0.2, 12.4), ylim=(lowest - 0.5, 4.3), aspect="equal")
    axes.set_axis_off()
    axes.set_title(f"Built so far: {len(done)} of {len(exercises)} parts", fontsize=FONT + 1, loc="left")
    filled: dict[str, str] = {}  # box -> how many of its parts are built
    for box, (words, colour, left, bottom) in BOXES.items():
        if box not in built_here:
            continue
        parts = [exercise.name for exercise in exercises if exercise.box == box]
        share = sum(name in done for name in parts) / len(parts)
        shape = BoxStyle("round", pad=0.05)
        axes.add_patch(FancyBboxPatch((left, bottom), WIDTH, HEIGHT, boxstyle=shape, fill=False, ec=colour, lw=2))
        if share:
            done_part = FancyBboxPatch((left, bottom), WIDTH * share, HEIGHT, boxstyle=shape, fc=colour, alpha=0.35)
            done_part.set_edgecolor("none")
            axes.add_patch(done_part)
        place = left + WIDTH / 2
        axes.text(place, bottom + HEIGHT / 2, words, ha="center", va="center", fontsize=FONT)
        filled[box] = f"{round(share * len(parts))} of {len(parts)}"
        axes.text(place, bottom - 0.12, filled[box], ha="center", va="top", fontsize=FONT - 2, color=QUIET_COLOUR)
    for start, end in ARROWS:
        if {start, end} <= built_here:
            axes.add_patch(arrow(start, end))
    said = ", ".join(f"{BOXES[box][0]} {count}" for box, count in filled.items())
    return described(figure, f"The diagram of CLIP, {len(done)} of {len(exercises)} parts built: {said}.")


def arrow(start: str, end: str) -> FancyArrowPatch:
    """From the right side of a box to the left side of the next."""
    (_, _, x, y), (_, _, to_x, to_y) = BOXES[start], BOXES[end]
    ends = (x + WIDTH + 0.08, y + HEIGHT / 2), (to_x - 0.08, to_y + HEIGHT / 2)
    return FancyArrowPatch(*ends, arrowstyle="-|>", mutation_scale=14, color=QUIET_COLOUR, lw=1.2)
