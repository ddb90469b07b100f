"""A run: from the name of a data set to a folder with model, log and report."""
