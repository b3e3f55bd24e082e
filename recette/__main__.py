"""`python -m recette`: the command where its launcher is not on the path, as often on Windows."""

import sys

from recette.cli import main

sys.exit(main())
