"""Settings of every test: drawn examples are the same in each run, and a slow machine does not fail one."""

from __future__ import annotations

import os

from hypothesis import settings

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each process that a test starts would compile the package anew

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")
