"""`progress()`: CLIP as a diagram, with the parts that the learner has built filled in."""

from matplotlib.figure import Figure
from matplotlib.patches import BoxStyle, FancyArrowPatch, FancyBboxPatch

from minclip.course.mine import finished
from minclip.course.outline import LESSONS
from minclip.figures.look import FONT, IMAGE_COLOUR, MATCH_COLOUR, QUIET_COLOUR, TEXT_COLOUR, new_figure

# box -> (what stands in it, its colour, left, bottom, exercises that build it)
WIDTH, HEIGHT = 2.6, 0.8
BOXES = {
    "picture": ("preprocess", IMAGE_COLOUR, 0.0, 3.0, ("resize_and_crop", "pixels_to_float")),
    "patches": ("patches", IMAGE_COLOUR, 3.2, 3.0, ("patchify", "PatchEmbedding")),
    "vit": ("Vision Transformer", IMAGE_COLOUR, 6.4, 3.0, ("VisionTransformer",)),
    "bpe": (
        "BPE tokenizer", TEXT_COLOUR, 0.0, 0.0,
        ("bytes_to_unicode", "count_pairs", "merge_pair", "train_bpe", "apply_merges", "BPETokenizer"),
    ),
    "block": ("attention, blocks", QUIET_COLOUR, 3.2, 1.5, ("attention", "MultiHeadAttention", "TransformerBlock")),
    "text": ("text Transformer", TEXT_COLOUR, 6.4, 0.0, ("causal_mask", "TextTransformer")),
    "loss": (
        "cosine, InfoNCE", MATCH_COLOUR, 9.6, 1.5,
        ("cosine_similarity", "similarity_logits", "clip_loss", "clamp_logit_scale"),
    ),
}  # fmt: skip
ARROWS = (
    ("picture", "patches"), ("patches", "vit"), ("bpe", "text"), ("block", "vit"), ("block", "text"), ("vit", "loss"),
    ("text", "loss"),
)  # fmt: skip


def progress() -> Figure:
    """The diagram; a box is filled as far as its exercises are solved."""
    done = finished()
    total = sum(len(lesson.exercises) for lesson in LESSONS)
    figure = new_figure(9.6, 3.6)
    axes = figure.subplots()
    axes.set(xlim=(-0.2, 12.4), ylim=(-0.5, 4.3), aspect="equal")
    axes.set_axis_off()
    axes.set_title(f"Built so far: {len(done)} of {total} parts", fontsize=FONT + 1, loc="left")
    for words, colour, left, bottom, exercises in BOXES.values():
        share = sum(name in done for name in exercises) / len(exercises)
        shape = BoxStyle("round", pad=0.05)
        axes.add_patch(FancyBboxPatch((left, bottom), WIDTH, HEIGHT, boxstyle=shape, fill=False, ec=colour, lw=2))
        if share:
            done_part = FancyBboxPatch((left, bottom), WIDTH * share, HEIGHT, boxstyle=shape, fc=colour, alpha=0.35)
            done_part.set_edgecolor("none")
            axes.add_patch(done_part)
        place = left + WIDTH / 2
        axes.text(place, bottom + HEIGHT / 2, words, ha="center", va="center", fontsize=FONT)
        counted = f"{round(share * len(exercises))} of {len(exercises)}"
        axes.text(place, bottom - 0.12, counted, ha="center", va="top", fontsize=FONT - 2, color=QUIET_COLOUR)
    for start, end in ARROWS:
        axes.add_patch(arrow(start, end))
    return figure


def arrow(start: str, end: str) -> FancyArrowPatch:
    """From the right side of a box to the left side of the next."""
    (_, _, x, y, _), (_, _, to_x, to_y, _) = BOXES[start], BOXES[end]
    ends = (x + WIDTH + 0.08, y + HEIGHT / 2), (to_x - 0.08, to_y + HEIGHT / 2)
    return FancyArrowPatch(*ends, arrowstyle="-|>", mutation_scale=14, color=QUIET_COLOUR, lw=1.2)
