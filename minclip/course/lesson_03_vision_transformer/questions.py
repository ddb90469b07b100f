"""Lesson 03: what the learner predicts."""

from minclip.course.question import Number, percent

QUESTIONS = {
    "spread_of_dot_product": Number(
        "What is the standard deviation of their dot product?",
        right=0.3,
        close=1,
        digits=1,
        lowest=0,
        misconceptions={
            (0.95, 1.05): "no, that is one number's, and the dot product adds up 64 products",
            (63, 65): "no, that is the variance, and the standard deviation is its root",
        },
    ),
    "difference_by_shuffling": Number(
        "What is the largest difference to the results without shuffling?",
        right=0.001,
        close=0.01,
        digits=3,
        lowest=0,
    ),
    "share_of_the_mlp": percent(
        "What percentage of a block's weights is in its MLP?",
        right=2,
        close=7,
        misconceptions={
            (49, 51): "no, the MLP has twice as many as attention",
            (72, 73.5): "close, but attention has a fourth matrix, out_proj",
            (79, 81): "no, attention has four matrices of width × width, not two",
        },
    ),
    "named_right": percent("What percentage of these pictures does it name right?", right=4, close=10),
    "gradient_without_residuals": Number(
        "Without residuals, the first block's gradient is how many times the last block's?",
        right=0.5,
        close=1,
        digits=1,
        unit="times",
        lowest=0,
        misconceptions={(0, 0.1): "no, that is the usual story, but the norms keep the gradient's size"},
    ),
}
