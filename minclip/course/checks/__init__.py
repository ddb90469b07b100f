"""How answers are judged: a module for each lesson, in it a function of a Trial for each exercise, of its name."""
