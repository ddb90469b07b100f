"""plotting: the figures carry the data they were given, and can be written without a screen."""

import math
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from minclip.figures.look import described, new_figure
from minclip.figures.plotting import (
    MATCH_COLOUR,
    WRONG_COLOUR,
    plot_budget,
    plot_confusion,
    plot_curves,
    plot_predictions,
    plot_retrieval,
    plot_samples,
    plot_similarity,
)

LOG = [
    {"step": 10, "samples": 2560, "loss": 5.5, "lr": 1e-3, "logit_scale": math.log(10), "seconds": 30},
    {"step": 20, "samples": 5120, "loss": 4.5, "lr": 1e-3, "logit_scale": math.log(20), "seconds": 60},
    {"step": 20, "samples": 5120, "zero_shot": 0.41, "R@10": 0.2},
]
IMAGES = [np.full((4, 4, 3), shade, dtype=np.uint8) for shade in (0, 60, 120, 180)]


def words(axes):
    return [text.get_text() for text in axes.texts]


def is_framed(cell):
    """Whether a picture has a frame in the colour of a match."""
    side = cell.spines["left"]
    return bool(cell.axison and side.get_visible()) and to_hex(side.get_edgecolor()) == MATCH_COLOUR.lower()


def test_curves_show_loss_temperature_and_accuracy_against_samples():
    loss, temperature, validation = plot_curves(LOG).axes
    assert loss.lines[0].get_xydata().tolist() == [[2.56, 5.5], [5.12, 4.5]]
    assert loss.lines[1].get_ydata()[0] == math.log(256)  # what guessing costs
    assert words(loss) == ["guessing: ln 256 = 5.55"]
    assert temperature.lines[0].get_ydata().tolist() == pytest.approx([0.1, 0.05])
    names = [line.get_label() for line in validation.lines]
    assert names == ["zero-shot accuracy", "retrieval R@10, mean of both ways"]
    assert [line.get_xydata().tolist() for line in validation.lines] == [[[5.12, 41.0]], [[5.12, 20.0]]]
    assert validation.get_xlabel() == "samples seen (thousands)" and "%" in validation.get_ylabel()


@pytest.mark.parametrize(
    ("slower", "unit", "at_4000"), [(1, "seconds of training", "47"), (600, "minutes of training", "469")]
)
def test_curves_tell_the_time_at_the_ticks(slower, unit, at_4000):
    log = [line | {"seconds": slower * line["seconds"]} if "seconds" in line else line for line in LOG]
    axes = plot_curves(log).axes[2].child_axes[0]
    assert axes.get_xlabel() == unit
    labels = dict(zip(axes.get_xticks(), (label.get_text() for label in axes.get_xticklabels()), strict=True))
    assert labels[4.0] == at_4000  # between the 30 s of 2,560 samples and the 60 s of 5,120


@pytest.mark.parametrize("log", [LOG[:1], LOG[2:], [{"samples": 5, "loss": 1.0}, {"note": "resumed"}]])
def test_curves_of_a_run_that_has_just_begun(log, tmp_path):
    plot_curves(log).savefig(tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 1000


def test_samples_stand_above_their_captions():
    figure = plot_samples(IMAGES[:3], ["a black square", "grey", "a caption that is far too long " * 9], columns=2)
    assert [axes.images[0].get_array().max() for axes in figure.axes] == [0, 60, 120]
    said = [axes.get_xlabel().replace("\n", " ") for axes in figure.axes]
    assert said[:2] == ["a black square", "grey"]
    assert len(said[2]) <= 66 and said[2].endswith(" ...")
    with pytest.raises(ValueError, match="images 1, captions 2"):
        plot_samples(IMAGES[:1], ["one", "two"])


def test_similarity_writes_every_number_and_frames_the_pairs():
    similarity = np.array([[0.9, 0.1], [-0.2, 0.8]])  # [images, texts]
    axes = plot_similarity(IMAGES[:2], ["a black square", "a grey square"], similarity).axes[-1]
    assert words(axes) == ["0.90", "-0.20", "0.10", "0.80"]  # rows are texts
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a black square", "a grey square"]
    assert [patch.get_xy() for patch in axes.patches] == [(-0.47, -0.44), (0.53, 0.56)]


def test_similarity_of_unpaired_lists_has_no_frames():
    figure = plot_similarity(IMAGES[:3], ["one", "two"], np.zeros((3, 2)))
    assert len(figure.axes[-1].patches) == 0
    with pytest.raises(ValueError, match=r"\[2, 3\], found \[3, 2\]"):
        plot_similarity(IMAGES[:2], ["one", "two", "three"], np.zeros((3, 2)))


def test_predictions_show_the_top_three_and_mark_errors():
    shares = np.array([[0.1, 0.6, 0.05, 0.25], [0.7, 0.0, 0.1, 0.2]])
    figure = plot_predictions(IMAGES[:2], shares, ["ant", "bat", "cat", "dog"], [1, 2])
    pictures, bars = figure.axes[0::2], figure.axes[1::2]
    assert [axes.get_title() for axes in pictures] == ["bat", "cat"]
    assert words(bars[0]) == ["bat  60 %", "dog  25 %", "ant  10 %"]
    assert [bar.get_width() for bar in bars[0].patches] == pytest.approx([60, 25, 10])
    assert to_hex(bars[0].patches[0].get_facecolor()) == MATCH_COLOUR.lower()
    assert to_hex(bars[1].patches[0].get_facecolor()) == WRONG_COLOUR.lower()
    assert to_hex(bars[1].patches[2].get_facecolor()) == MATCH_COLOUR.lower()  # the true one came third


def test_predictions_of_lists_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="images 2, probabilities 1, truths 2"):
        plot_predictions(IMAGES[:2], np.ones((1, 2)) / 2, ["ant", "bat"], [0, 1])
    with pytest.raises(ValueError, match="at least 1"):
        plot_predictions([], np.ones((0, 2)), ["ant", "bat"], [])


def test_confusion_is_in_percent_of_the_true_class():
    axes = plot_confusion(np.array([[3, 1], [0, 0]]), ["ant", "bat"]).axes[0]
    assert axes.images[0].get_array().tolist() == [[75, 25], [0, 0]]
    assert words(axes) == ["75", "25"]
    assert axes.get_ylabel() == "true class"
    with pytest.raises(ValueError, match=r"\[3, 3\]"):
        plot_confusion(np.zeros((2, 2)), ["ant", "bat", "cat"])


def test_retrieval_frames_the_true_picture():
    found = [[IMAGES[3], IMAGES[0], IMAGES[1]], [IMAGES[2], IMAGES[3], IMAGES[0]]]
    figure = plot_retrieval(["first", "second"], found, np.array([[False, True, False], [False] * 3]))
    axes = np.array(figure.axes).reshape(2, 4)
    assert words(axes[0, 0]) == ["first"]
    assert [cell.images[0].get_array().max() for cell in axes[0, 1:]] == [180, 0, 60]
    assert [is_framed(cell) for cell in axes[0, 1:]] == [False, True, False]
    assert [is_framed(cell) for cell in axes[1, 1:]] == [False, False, False]


def test_retrieval_takes_rows_of_different_length():
    figure = plot_retrieval(["one", "two"], [[IMAGES[0]], IMAGES[:2]], [[True], [False, True]])
    assert [is_framed(cell) for cell in np.array(figure.axes).reshape(2, 3)[:, 1:].flat] == [
        True,
        False,
        False,
        True,
    ]
    with pytest.raises(ValueError, match="images 2, hits 1"):
        plot_retrieval(["one"], [IMAGES[:2]], [[True]])


def test_budget_shows_accuracy_over_samples_with_intervals():
    points = [
        {"name": "tiny", "samples": 5, "accuracy": 0.7, "low": 0.68, "high": 0.73},
        {"name": "tiny", "samples": 1, "accuracy": 0.3, "low": 0.28, "high": 0.32},
        {"name": "small", "samples": 5, "accuracy": 0.8, "low": 0.78, "high": 0.82},
    ]
    axes = plot_budget(points, chance=0.02).axes[0]
    tiny, small = axes.containers
    assert tiny.lines[0].get_xydata() == pytest.approx(np.array([[1.0, 30.0], [5.0, 70.0]]))
    segment = tiny.lines[2][0].get_segments()[1]
    assert segment == pytest.approx(np.array([[5, 68], [5, 73]]))
    assert small.get_label() == "small" and "samples" in axes.get_xlabel()
    assert list(axes.get_xticks()) == [1, 5] and axes.get_xscale() == "log"
    assert "chance 2.0 %" in [text.get_text() for text in axes.get_legend().get_texts()]


def test_empty_input_is_refused():
    for draw in (lambda: plot_curves([]), lambda: plot_budget([]), lambda: plot_retrieval([], IMAGES, [])):
        with pytest.raises(ValueError, match=r"empty|at least 1"):
            draw()


def test_plotting_never_imports_pyplot():
    look = "import sys, minclip.figures.plotting; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0


def test_every_figure_says_what_it_shows():
    scores = np.eye(4)
    point = {"name": "small", "samples": 1000, "accuracy": 0.5, "low": 0.4, "high": 0.6}
    for figure, said in (
        (plot_curves(LOG), "from 5.50 to 4.50"),
        (plot_samples(IMAGES, list("abcd")), "a; b; c; d"),
        (plot_similarity(IMAGES, list("abcd"), scores), "b: 0.00, 1.00"),
        (plot_predictions(IMAGES, scores, list("abcd"), [0, 1, 2, 0]), "a is taken for d"),
        (plot_confusion(np.array([[3, 1], [0, 4]]), ["cat", "dog"]), "88 %"),
        (plot_retrieval(["a cat"], [IMAGES], [[True] * 4]), "a cat"),
        (plot_budget([point]), "small"),
    ):
        assert said in figure.get_label()


def test_a_notebook_stores_the_alternative_text():
    formatters = pytest.importorskip("IPython.core.formatters")
    shows = formatters.DisplayFormatter()
    shows.formatters["image/png"].for_type(Figure, lambda figure: b"a picture")
    data, about = shows.format(described(new_figure(1, 1), "Two  arrows\nand their angle."))
    assert data["image/png"] == b"a picture" and "Figure size" in data["text/plain"]
    assert about == {"image/png": {"alt": "Two arrows and their angle."}}
    with pytest.raises(ValueError, match="a sentence"):
        described(new_figure(1, 1), " ")
