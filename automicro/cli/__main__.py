"""``python -m automicro.cli``."""

from __future__ import annotations

import sys

from automicro.cli import main

sys.exit(main())
