"""A run: from the name of a data set to a finished folder with model, log and report."""
