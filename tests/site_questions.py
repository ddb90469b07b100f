"""What people ask the site's search, and the pages that answer. Two tests ask: in Node, and in a browser."""

FOLDER = ("docs/your-pictures", "datasets/folder/README", "docs/faq#what-must-a-folder")
ANSWERS = {  # question -> the beginnings of the places that answer, one of which is among the first two results
    "how do I fine-tune?": ("docs/finetuning", "docs/faq#how-do-i-fine-tune"),
    "what does this error mean?": "docs/faq#what-does-this-error-mean",
    "what is held-out style?": "docs/glossary#held-out-style",
    "can I train without a GPU?": "docs/faq#do-i-need-a-gpu",
    "how do I grade my class?": "docs/teaching",
    "how do I resume a training?": "docs/faq#how-do-i-resume",
    "how do I search my own photos?": ("docs/faq#how-do-i-search", "docs/your-pictures"),
    "does it work offline?": "docs/faq#does-it-work-offline",
    "how do I export to ONNX?": "docs/faq#how-do-i-export",
    "where are my answers kept?": ("docs/workbook", "docs/faq#where-is-what-i-make-kept"),
    "what is EOT pooling?": "docs/glossary#eot",
    "what does my loss of ln(batch) mean": "docs/faq#why-does-my-training-not",
    "loss stays at 5.5": "docs/faq#why-does-my-training-not",
    "loss does not go down": "docs/faq#why-does-my-training-not",
    "loss is not decreasing": "docs/faq#why-does-my-training-not",
    "my model does not learn": ("docs/faq#why-does-my-training-not", "docs/finetuning"),
    "how long does training take": "docs/faq#how-long-does-a-training",
    "captions csv columns": FOLDER,
    "how do I run the lessons in Colab": "docs/places#colab",
    "how to install on Windows": "docs/installation",
    "jupyter as root": "docs/troubleshooting#",
    "training is stuck": "docs/faq#why-does-my-training-not",
    "what format must my captions have": FOLDER,
    "how do I add my own dataset layout": "docs/contributing#a-data-set-in-five-steps",
    "how do I load OpenAI's weights": ("docs/faq#can-i-load-openai", "docs/weights"),
    "CUDA out of memory": ("docs/faq#what-do-i-do-when-cuda", "docs/troubleshooting#"),
    "resume": "docs/faq#how-do-i-resume",
    "own pictures": FOLDER,
    "export to open_clip": "docs/faq#how-do-i-export",
    "temperature": ("docs/glossary#temperature", "docs/faq#what-is-the-temperature"),
    "how do I begin": "docs/faq#how-do-i-begin",
    "what is a linear probe": "docs/glossary#linear-probe",
    "license": "docs/faq#what-licence",
    "train on my own photos": (*FOLDER, "docs/faq#how-do-i-fine-tune"),
    "--freeze": ("docs/finetuning", "reference/commands"),
}


def answered(query: str, found: list[str]) -> bool:
    """Whether one of the first two places that were found answers."""
    return any(place.startswith(ANSWERS[query]) for place in found[:2])
