"""What `symnet summary` prints."""

import argparse
import json
import re

from ..core.errors import ArgumentError
from ..executor import simple_bind
from ..inspect.summary import summary
from ._models import read_network
from ._tables import bytes_text

__all__ = ["show"]

_CALL = re.compile(r"mx\.summary\(network, (.*)\)$", re.MULTILINE)
"""What a table tells people in Python to do."""


def show(options: argparse.Namespace) -> int:
    """Do `symnet summary`."""
    if options.plan and not options.shapes:
        raise ArgumentError("--plan needs the shapes of inputs: --shape data=1,3,224,224")
    network = read_network(options.source)
    table = summary(network, **options.shapes)
    found = table.to_dict()
    if options.shapes:
        trained = simple_bind(network, **options.shapes)
        found["peak_bytes"] = {
            "predicting": trained.memory(is_train=False).total,
            "training": trained.memory(is_train=True).total,
        }
    if options.json:
        print(json.dumps(found))
        return 0
    print(_CALL.sub(r"--shape \1", str(table)))
    for what, count in found.get("peak_bytes", {}).items():
        print(f"bytes at the peak of {what}: {count:,} ({bytes_text(count)})")
    if options.plan:
        print(f"\n{trained.plan(is_train=False)}")
    return 0
