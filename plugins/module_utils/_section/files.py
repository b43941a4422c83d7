# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile

#: What the name of a file ends in that is not wholly written: left behind by a process that was killed.
UNFINISHED = ".new"


def write_whole(path: str, content: bytes, mode: int) -> None:
    """Put a file in its place, or in another's. Raises OSError, and then nothing has changed."""
    folder, name = os.path.split(path)
    handle, new = tempfile.mkstemp(UNFINISHED, f"{name}.", folder)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            os.fchmod(handle, mode)
            stream.flush()
            os.fsync(handle)
        os.rename(new, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(new)
        raise


def write_private(path: str, text: str) -> None:
    """The same for a file that its owner alone reads. text: ASCII."""
    write_whole(path, text.encode("ascii"), 0o600)
