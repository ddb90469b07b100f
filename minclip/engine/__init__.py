"""What makes a training step fast, or possible at all: batches, devices, cores, processes. Each file names its page."""
