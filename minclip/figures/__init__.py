"""The look that all figures share, and every figure."""

from minclip.figures.plotting import (
    plot_confusion,
    plot_curves,
    plot_predictions,
    plot_retrieval,
    plot_samples,
    plot_similarity,
)

__all__ = ["plot_confusion", "plot_curves", "plot_predictions", "plot_retrieval", "plot_samples", "plot_similarity"]
