"""What a search needs of the system before it starts: address space, and a folder for temporary files."""

from __future__ import annotations

import sys
import tempfile

from automicro.errors import AutomicroError
from automicro.folder import OwnedFolder

__all__ = ["check_memory", "temporary_folder"]

LEAST_BYTES, LEAST_WITH_WORKERS = 1_000_000_000, 1_200_000_000  # below, numeric libraries or threads cannot start


def check_memory(workers: int | None) -> None:
    """Refuse a search whose process may have too little address space for its libraries; `workers` is the setting.

    Raises
    ------
    AutomicroError
        With the limit, what is needed, and a remedy.
    """
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    least = LEAST_BYTES if workers == 0 else LEAST_WITH_WORKERS
    if limit == resource.RLIM_INFINITY or limit >= least:
        return
    fewer = "" if workers == 0 or limit < LEAST_BYTES else ", or search with workers=0"
    raise AutomicroError(
        f"the memory of this process must not be limited to less than {least / 1e6:,.0f} MB, but is limited to {limit / 1e6:,.0f} MB: "
        f"raise the limit, such as with ulimit -v unlimited{fewer}"
    )


def temporary_folder() -> OwnedFolder:
    """Return a new folder of this process for temporary files.

    Raises
    ------
    AutomicroError
        If none can be made.
    """
    try:
        return OwnedFolder()
    except OSError as error:
        raise AutomicroError(
            f"a folder for temporary files must be made in {tempfile.gettempdir()}, but: {error.strerror}: "
            "free space or files there, set TMPDIR, or raise the limit of open files (ulimit -n)"
        ) from error
