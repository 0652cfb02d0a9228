"""The tasks of harmful_tasks.py in a worker that has a second thread, so that it cannot be copied."""

from __future__ import annotations

import threading
import time

from harmful_tasks import run

__all__ = ["run"]

threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
