"""Draw the character LSTM, unfolded over two steps.

python examples/char_lstm/visualize.py --help

Source: the documents, "Visualizing the LSTM".
"""

import argparse
from pathlib import Path

from lstm import LSTM

import symnet as mx


def main() -> None:
    """Write the picture as SVG, and as a dot file that graphviz can draw."""
    parser = argparse.ArgumentParser(
        description="Draw the character LSTM, unfolded over two steps.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--folder", type=Path, default=Path(), help="where the files go")
    parser.add_argument("--smoke", action="store_true", help="the same; it is quick")
    options = parser.parse_args()
    network = LSTM(1, 2, 128, 128, 128, name="ptb", output_states=True)
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("char-lstm.svg", mx.to_svg(network, title="LSTM")),
        ("char-lstm.dot", mx.to_graphviz(network, title="LSTM")),
    ):
        (options.folder / name).write_text(text, encoding="utf-8")
        print(f"wrote {options.folder / name}")


if __name__ == "__main__":
    main()
