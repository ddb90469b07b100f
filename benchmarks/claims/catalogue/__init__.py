"""What is said of CLIP, by name: each a function that says which arms are compared, and what would be seen."""

from benchmarks.claims.catalogue import (
    abilities,
    emoji,
    encoders,
    half_the_work,
    objective,
    prompts,
    resnets,
    supervision,
    training_data,
)

CLAIMS = {
    "zero_shot": supervision.zero_shot,
    "ensembling": prompts.ensembling,
    "ensembling_by_style": prompts.ensembling_by_style,
    "combinations": abilities.combinations,
    "held_out_style": supervision.held_out_style,
    "counting": abilities.counting,
    "relations": abilities.relations,
    "batch_size": objective.batch_size,
    "directions": objective.directions,
    "temperature": objective.temperature,
    "caption_noise": training_data.caption_noise,
    "patch_dropout": encoders.patch_dropout,
    "typographic_attack": training_data.typographic_attack,
    "text_direction": encoders.text_direction,
    "emoji": emoji.emoji,
    "siglip": objective.siglip,
    "resnet": resnets.resnet,
    "resnet_parts": resnets.resnet_parts,
    "half_the_work": half_the_work.half_the_work,
}
