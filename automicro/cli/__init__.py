"""The command line."""

from __future__ import annotations

from automicro.cli.main import main

__all__ = ["main"]
