"""Networks in words and pictures: summaries, graphviz and SVG."""
