"""Makes `drawn`, which draws programs at random, and `built`, which compiles exports, importable by the tests of this folder."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "program")]
