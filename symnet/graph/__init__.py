"""Graphs of operators: what they are, what can be inferred of them, and how they are rewritten."""
