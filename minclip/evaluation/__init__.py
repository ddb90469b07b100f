"""What a model is measured by: tasks, the suites of a data set, intervals."""
