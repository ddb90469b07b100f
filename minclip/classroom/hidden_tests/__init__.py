"""Claims that the checks of the notebooks do not show. For each lesson a module, with a function for each exercise.

Each is a function of a Trial, as a check is, and judges what the exercise's text asks: other sizes, one item and many,
values that no example has. A wrong answer that fits the notebook's numbers alone does not fit these.
"""
