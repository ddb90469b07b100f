"""The look that all figures share, and every figure."""
