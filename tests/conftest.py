"""Settings of every test: drawn examples are the same in each run, and a slow machine does not fail one."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")
