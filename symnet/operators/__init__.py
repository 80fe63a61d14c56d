"""Operators: their contract, their definitions, their functions.

Whoever imports a file of this folder finds all operators registered: files of symbols name them.
"""

from . import definitions as definitions
