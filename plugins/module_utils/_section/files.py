# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile

#: What the name of a file ends in that is not wholly written: left behind by a process that was killed.
UNFINISHED = ".new"


def own_folder(path: str, make: bool) -> None:
    """Nobody but root and this user may be able to put a file there, or read one. Raises OSError."""
    if make:
        os.makedirs(path, 0o700, exist_ok=True)
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (0, os.geteuid()):
        raise OSError(0, f"not a folder of user {os.geteuid()}")
    if stat.S_IMODE(found.st_mode) & 0o077:
        os.chmod(path, 0o700)


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
