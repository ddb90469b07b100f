"""What is said of a fine-tuning: how it went, and before and after side by side."""

from collections.abc import Sequence
from typing import Any


def scores(report: dict[str, Any]) -> dict[str, list[float]]:
    """name -> [score, low, high], of tasks and of recall at 1 and 10."""
    found = {name: [task["accuracy"], task["low"], task["high"]] for name, task in report["tasks"].items()}
    retrieval = report.get("retrieval", {})
    for direction in ("image_to_text", "text_to_image") if retrieval else ():
        for recall in ("R@1", "R@10"):
            name = f"{direction.replace('_to_', ' → ')} {recall}"
            found[name] = [retrieval[direction][recall], *retrieval["intervals"][direction][recall]]
    return found


def comparison_table(told: dict[str, Any]) -> str:
    """Before, after and mixed side by side, in percent with 95 % intervals."""
    models = list(told["scores"])
    rows = [["", *models]]
    for name in told["scores"]["before"]:
        cells = (told["scores"][one][name] for one in models)
        rows.append([name, *(f"{100 * s:.1f} ({100 * low:.1f} to {100 * high:.1f})" for s, low, high in cells)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def in_words(told: dict[str, Any]) -> Sequence[str]:
    """Lines for the report."""
    frozen = f", {' and '.join(told['freeze'])} frozen" if told["freeze"] else ""
    where = told["watched_on"]
    lines = [f"Fine-tuned from {told['init']}{frozen}. {kept_weights(told, where)}"]
    if told["ended_at_step"] is not None:
        lines.append(
            f"Training ended early, after step {told['ended_at_step']:,} of {told['steps']:,}: the patience is "
            f"{told['patience']}, and no score after step {told['best_step']:,} was better."
        )
    side, length = told["image_size"], told["context_length"]
    if side is not None or length is not None:
        pictures = [] if side is None else [f"pictures of {side} × {side} pixels"]
        texts = [] if length is None else [f"texts of up to {length} tokens"]
        lines.append(f'It reads {" and ".join(pictures + texts)}. "before" is the same model with resized positions.')
    if "share" in told:
        how = "as asked"
        if "curve" in told:
            how = (
                f"chosen on {where} among the shares that keep {100 * told['keep']:g} % of the accuracy on what was "
                f"not trained for"
            )
        lines.append(f"The model is a mixture: {told['share']:g} of the way from before (0) to after (1), {how}.")
    return lines


def kept_weights(told: dict[str, Any], where: str) -> str:
    """One sentence: which of the training's weights the model has."""
    count, names = told["evaluations"], " and ".join(told["watched"])
    if not count:
        return "Kept are its last weights: there was nothing to watch, neither a val split nor a task."
    if told["best_is_gone"]:
        return f"Kept are its last weights: those of the best of {count} scores ({names}) on {where} were gone."
    if told["all_equal"]:
        return f"Kept are the weights of the first of {count} scores ({names}) on {where}: all of them are equal."
    return f"Kept are the weights of the best of {count} scores ({names}) on {where}."
