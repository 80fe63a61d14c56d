"""Converters, a file for each topic, and nothing but converters.

Importing this package registers them all: every module in it is read, so a new file needs no entry
anywhere.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
