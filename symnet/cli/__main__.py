"""`python -m symnet.cli` is the command `symnet`."""

import sys

from . import main

sys.exit(main())
