"""Finished trials in a folder, which a resumed search and other processes take up instead of running them again."""

from __future__ import annotations

from automicro.search.storage.shared import SharedTrials
from automicro.search.storage.store import Store

__all__ = ["SharedTrials", "Store"]
