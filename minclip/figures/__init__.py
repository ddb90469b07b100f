"""The look that all figures share, and every figure. Matplotlib is imported when the first one is drawn."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minclip.figures.plotting import (
        plot_confusion,
        plot_curves,
        plot_predictions,
        plot_retrieval,
        plot_samples,
        plot_similarity,
    )

__all__ = ["plot_confusion", "plot_curves", "plot_predictions", "plot_retrieval", "plot_samples", "plot_similarity"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("minclip.figures.plotting"), name)
    raise AttributeError(f"module 'minclip.figures' has no attribute {name!r}")
