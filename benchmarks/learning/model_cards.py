"""The card of a shipped model: what it was made of, what it can and cannot do, all numbers from its kept result."""

from benchmarks.result_files import result
from minclip.data.pretrained import SHIPPED, shipped
from minclip.evaluation.evaluate import format_table

SHOWN_SETTINGS = ("samples", "batch_size", "optimizer", "learning_rate", "muon_learning_rate", "weight_decay")
CARD = """# {name}

A CLIP of {parameters:,} parameters, trained from nothing on the [picture book](../../datasets/picturebook/README.md),
{samples:,} pictures seen. It comes with minclip: `minclip.load("{name}")` needs no network. The name
tells how long it was trained, beside the others; its preset is `{preset}`.

| | |
|---|---|
| Architecture | preset `{preset}`: {architecture} |
| File | {name}.safetensors, {megabytes:.1f} MB: weights, configuration, tokenizer ({vocabulary:,} tokens) |
| Rounding | matrices are stored with 8 bits: a caption's feature keeps a cosine of {cosine:.5f} with the unrounded |
| Data | the picture book's train split, drawn by the project's own code: no photographs, nobody's data |
| Training | {settings}, seed {seed}; on {threads} core{s} of {machine}, {device} |
| Made again by | `python -m benchmarks.learning.shipped_models {name}`; elsewhere or later it is another run |
| Licence | MIT, with the project |

## What it reaches

Measured on the shipped file, on pictures it has not seen (`minclip eval --model {name} --data picturebook`); 95 %
intervals over the test pictures. Another seed may move a number by more.

```
{table}
```

## Limits

It has seen drawings of {size} × {size} pixels and nothing else: on photographs its answers mean nothing. It knows the
picture book's classes, colours, scenes and styles, in English. It reads a sentence nearly as a bag of words: which
thing is left of which it cannot tell (`relation`, `relation_swap`). Two names, mouse and bat, are ambiguous to it.

It is made for lessons and small experiments. It must not be used to decide anything about people, or anything at all
outside of the picture book.
"""


def model_card(name: str) -> str:
    """The card's text."""
    kept = result(name)
    run, about = kept["run"], kept["shipped"]
    model = run["model"]
    architecture = (
        f"ViT with {model['vision_layers']} blocks of width {model['vision_width']}, patches of {model['patch_size']} "
        f"on {model['image_size']} × {model['image_size']} pixels; causal text encoder with {model['text_layers']} "
        f"blocks of width {model['text_width']}, {model['context_length']} tokens; embeddings of {model['embed_dim']}"
    )
    return CARD.format(
        name=name,
        parameters=run["parameters"],
        samples=run["samples"],
        preset=about["preset"],
        architecture=architecture,
        megabytes=about["bytes"] / 1e6,
        vocabulary=about["vocabulary"],
        cosine=1 - about["rounding"],
        settings=", ".join(
            f"{name} {run['recipe'][name]:,}" if name == "samples" else f"{name} {run['recipe'][name]}"
            for name in SHOWN_SETTINGS
        ),
        seed=run["seed"],
        threads=run["threads"],
        s="s" if run["threads"] > 1 else "",
        machine=kept["machine"],
        device=run["device"],
        table=format_table(kept),
        size=model["image_size"],
    )


def write_cards() -> None:
    """Beside every shipped model, its card."""
    for name in shipped():
        (SHIPPED / f"{name}.md").write_text(model_card(name), encoding="utf-8")
