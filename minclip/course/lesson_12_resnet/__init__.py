"""Lesson 12, The ResNet: its question and its exercises."""

from minclip.course.exercise import Exercise, Lesson

LESSON = Lesson(
    __name__,
    title="The ResNet",
    question="What does CLIP change in a ResNet, and is a ViT better at equal work?",
    exercises=(
        Exercise("Bottleneck", "resnet", difficulty=2, minutes=20, points=4, box="resnet", write=("forward",)),
        Exercise("stage", "resnet", difficulty=1, minutes=10, points=2, box="resnet"),
        Exercise("AttentionPool", "resnet", difficulty=3, minutes=25, points=4, box="resnet", write=("forward",)),
        Exercise(
            "ModifiedResNet", "resnet", difficulty=2, minutes=20, points=3, box="resnet", write=("stem", "forward")
        ),
    ),
)
