"""Record files: `.rec` and `.idx`."""
