"""Other people's files: their containers, their names for weights, their configurations. Nothing in them is run."""
