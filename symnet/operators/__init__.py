"""Operators: the contract that each class meets, the classes, and the functions made of them."""
