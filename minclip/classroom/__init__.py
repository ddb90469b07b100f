"""A class: an nbgrader course out of the lessons, submissions graded one by one, and a report."""
