"""symnet: declare a network as a graph; have it checked, differentiated, planned and trained.

`import symnet as mx`: everything is in this one flat namespace, under the names of MXNet.jl's
documentation of 2016, which docstrings call the documents; docs/semantics says more of them.
"""

import importlib as _importlib
import typing as _typing

from .core.version import __version__ as __version__

if _typing.TYPE_CHECKING:
    from .api.namespace import *
else:
    # The names are filled in when the first is asked for: `symnet --help` waits for no torch.

    def __getattr__(name: str) -> _typing.Any:
        """Return what symnet offers under a name, once everything is imported."""
        if "__all__" not in globals():
            _fill()
        if name not in globals():
            try:
                globals()[name] = _namespace()._late(name)
            except AttributeError:
                from .core.hinted import name_hint

                hint = name_hint(name, [each for each in __dir__() if not each.startswith("_")])
                raise AttributeError(
                    f"module {__name__!r} has no attribute {name!r}{hint}"
                ) from None
        return globals()[name]

    def _namespace() -> _typing.Any:
        return _importlib.import_module(f"{__name__}.api.namespace")

    def _fill() -> None:
        from .core.garbage import collection_paused

        # While that goes on, the import of folders asks here too: `_offered` is not there yet, and
        # the AttributeError says so.
        with collection_paused():
            offered = _namespace()._offered()
        for own in offered.keys() - globals().keys():
            globals()[own] = offered[own]

    def __dir__() -> list[str]:
        """Return the names that symnet offers, for `dir` and completion."""
        __getattr__("__all__")
        return sorted({*globals(), *_namespace()._late_names()})
