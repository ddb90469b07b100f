"""Lesson 07: what the learner predicts."""

from minclip.course.question import Number, percent, share

QUESTIONS = {
    "numbers_that_decay": percent(
        "What percentage of a small CLIP's numbers is pulled towards zero?",
        right=1,
        close=4,
        misconceptions={
            (
                80,
                94.5,
            ): "no, it is more still: what is spared are single numbers and rows, and a matrix has many rows",
            (30, 70): "no, of its parameters about half are matrices, but a matrix holds many more numbers than a bias",
            (100, 100): "nearly, but gains, biases, the CLS embedding and the logit scale are spared",
        },
    ),
    "mean_share": share(
        "What is the mean share of the peak over a whole run?",
        right=0.03,
        close=0.12,
        misconceptions={(0.99, 1): "no, it is at the peak only at the end of the warm-up"},
    ),
    "scenes_right": percent(
        "How many of a hundred scenes will it name rightly after 400 steps? (Guessing gets 12.5.)",
        right=6,
        close=15,
        misconceptions={(10, 14): "no, that is guessing: it has learned by then"},
    ),
    "shuffled_loss": Number(
        "Every picture gets another picture's caption. Where does the loss end, with batches of 32?",
        right=0.05,
        close=0.15,
        digits=2,
        lowest=0,
        misconceptions={
            (3.05, 3.42): "no, there a run gets whose captions belong to its pictures, and here nothing can be learned",
            (0, 1): "no, to get there it would have to learn 4,800 wrong captions by heart, in one look at each",
            (0.031, 0.032): "no, 1/32 is the share of the right caption, and the loss is minus its logarithm",
            (0.68, 0.7): "no, ln 2 is the loss where two captions fit equally well; here 32 do",
        },
    ),
    "negatives_left": percent(
        "Four batches of 64 added up: what percentage of the negatives of one batch of 256 do they see?",
        right=2,
        close=6,
        misconceptions={
            (100, 100): "no, the pictures of one small batch never meet the captions of another",
            (6, 7): "no, each small batch has a sixteenth of them, and there are four",
        },
    ),
}
