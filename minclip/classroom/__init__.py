"""The classroom: an nbgrader course out of the lessons, and what a teacher does with what the class hands in."""
