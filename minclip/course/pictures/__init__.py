"""What the lessons draw: tensors.py for shapes, a module for each lesson that has pictures of its own."""
