"""Lesson 02: what the learner predicts."""

from minclip.course.question import Number, percent, yes_or_no

QUESTIONS = {
    "never_seen": percent(
        "What percentage of a picture of 16 to 9 does CLIP never see?",
        right=1,
        close=6,
        misconceptions={(55, 57.5): "no, that is the part that it sees"},
    ),
    "black_in_blue": Number(
        "What number does a black pixel become in the blue channel?",
        right=0.02,
        close=0.2,
        digits=2,
        misconceptions={
            (-0.01, 0.01): "no, black is 0 only before the mean is subtracted",
            (-0.415, -0.4): "no, that is before the division by the standard deviation",
            (1.46, 1.5): "no, the size is right, but the mean is subtracted from 0",
        },
    ),
    "patches_at_336": Number(
        "How many patches does ViT-L/14 read of a picture of 336 × 336 pixels?",
        right=0,
        close=24,
        unit="patches",
        lowest=1,
        misconceptions={
            (577, 577): "close, that is the number of tokens, and CLS is no patch",
            (24, 24): "no, that is one row of them",
            (256, 256): "no, that would be a picture of 224 × 224 pixels",
        },
    ),
    "conv_is_a_matrix": yes_or_no(
        "Are conv(x) and patches @ matrix the same numbers?",
        misconceptions={"no": "they are, both multiply the numbers of a patch with those of a kernel"},
    ),
    "notices_the_shuffle": yes_or_no(
        "Without positions, does the model notice the shuffle at all?",
        misconceptions={"yes": "it does not, only the positions tell it where a patch was"},
    ),
    "filters_kept": Number(
        "What is the cosine between the trained filters and the random numbers that they began as?",
        right=0.05,
        close=0.15,
        digits=2,
        lowest=-1,
        highest=1,
        misconceptions={
            (0.995, 1): "no, 1 would mean that training left their direction as it was",
            (-1, 0.1): "no, at 0 nothing would be left of the start",
        },
    ),
    "like_a_neighbour": Number(
        "Of the 16 positions, how many are most like that of a direct neighbour?",
        right=1,
        close=3,
        lowest=0,
        highest=16,
        whole=16,
        misconceptions={(15, 16): "no, look for the bluest other place in the maps of the left edge"},
    ),
    "only_divided_by_255": percent(
        "What percentage of answers is right when the pixels are only divided by 255?",
        right=6,
        close=15,
        misconceptions={
            (0, 4): "no, it does better than guessing, which gets 2 %",
            (85, 100): "no, you still see a turtle, but the model loses more than that",
        },
    ),
}
