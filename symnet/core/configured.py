"""Classes whose options are declared as fields: the constructor comes from them."""

from dataclasses import Field
from inspect import Signature, get_annotations
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

from .errors import ArgumentError, shown
from .parameters import Parameters, param, signature_of

__all__ = ["Configured"]


@dataclass_transform(kw_only_default=True, field_specifiers=(param,))
class Configured:
    """Base of classes with declared options: a field of the class, made by `param`, is one.

    Constructor, signature, checks, messages and the list of options in the class's help come from
    the fields. An option is read as an attribute of the object, or of its `opts`. An option of a
    base is given another default by ``size: float = 2``.

    Raises ParameterError for an unknown option or a value outside its range, ArgumentError for one
    that is given by position.

    >>> class Walk(Configured):
    ...     '''Goes on.'''
    ...     size: float = param("How far to go", default=1, above=0)
    >>> Walk(size=0.5), Walk().size
    (Walk(size=0.5), 1.0)
    >>> Walk(length=1)
    Traceback (most recent call last):
    symnet.core.errors.ParameterError: Walk: unknown parameter 'length' (there are: size)
    """

    options: ClassVar[type[Parameters]] = Parameters
    """The record of the class's options, made from its fields and those of its bases."""

    __signature__: ClassVar[Signature]

    if TYPE_CHECKING:  # a plain annotation would be one more option to a type checker

        @property
        def opts(self) -> Any:
            """The options that were given, checked and frozen."""

        @opts.setter
        def opts(self, opts: Any) -> None: ...

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "options" in vars(cls):  # a base that begins with a record of its own
            return
        bases = [base for base in cls.__bases__ if issubclass(base, Configured)]
        known = {name for base in bases for name in base.options.params}
        annotated = get_annotations(cls)
        own = {
            name: value
            for name, value in vars(cls).items()
            if name in annotated and (isinstance(value, Field) or name in known)
        }
        members = {
            "__annotations__": {name: annotated[name] for name in own},
            "__module__": cls.__module__,
            "__qualname__": f"{cls.__qualname__}.options",  # so that pickle finds it
            "__doc__": f"Options of `{cls.__name__}`; see there.",
            "owner": cls.__name__,
        }
        cls.options = type("options", tuple(base.options for base in bases), {**members, **own})
        for name in own:
            setattr(cls, name, property(attrgetter(f"opts.{name}")))
        cls.__signature__ = signature_of(cls.options)  # what help and editors show
        cls.__doc__ = f"{cls.__doc__ or ''}\n\nArgs:\n{cls.options.help()}"

    def __init__(self, *values: Any, **options: Any) -> None:
        if values:
            name, known = type(self).__name__, self.options.params
            first = next((each for each in (*self.options._essential, *known) if each in known), "")
            hint = f"; say {name}({first}={shown(values[0])})" if first else ""
            raise ArgumentError(
                f"{name}: options are given by keyword, got {shown(values[0])} alone{hint}"
            )
        self.opts = self.options.make(options)
        self._prepare()

    def __repr__(self) -> str:
        return repr(self.opts)

    def _prepare(self) -> None:
        """Make what follows from the options; default: nothing does."""
