"""Lesson 15, Looking inside: its question and its exercises."""

from minclip.course.exercise import Exercise, Lesson

LESSON = Lesson(
    __name__,
    title="Looking inside",
    question="Where in a picture is what a sentence names, and can CLIP tell?",
    exercises=(
        Exercise("patch_heat", "saliency", difficulty=2, minutes=15, points=3, box="inside"),
        Exercise("value_tokens", "saliency", difficulty=2, minutes=10, points=2, box="inside"),
        Exercise("attention_rollout", "saliency", difficulty=2, minutes=15, points=3, box="inside"),
        Exercise("occlusion_heat", "saliency", difficulty=2, minutes=20, points=4, box="inside"),
        Exercise("mask_iou", "segmentation", difficulty=1, minutes=10, points=2, box="inside"),
    ),
)
