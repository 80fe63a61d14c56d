"""Files of arrays, symbols and checkpoints."""
