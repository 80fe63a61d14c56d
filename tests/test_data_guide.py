"""The code in the guide to data providers runs, and prints what it says."""

import re
from pathlib import Path

GUIDE = Path(__file__).parent.parent / "docs" / "data.md"


def test_code_prints_what_the_guide_says(capsys):
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    expected = [line[2:] for block in blocks for line in re.findall(r"^# .*$", block, re.M)]
    assert capsys.readouterr().out.splitlines() == expected
    assert len(expected) == 4
    first, second = names["first"], names["second"]
    for one, other in zip(first, second, strict=True):
        assert (one.get_data()[0].asnumpy() == other.get_data()[0].asnumpy()).all()
    assert first.position() == second.position()
