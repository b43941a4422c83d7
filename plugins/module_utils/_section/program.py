# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The engine as a program in one file, for what a node does by itself: nothing of Ansible is in it."""

from __future__ import annotations

import importlib.util
import io
import sys
import zipfile

_ENGINE = __name__.rpartition("._section")[0]
_MAIN = "import sys\n\nfrom {} import main\n\nsys.exit(main(sys.argv[1]))\n"


def packed(module: str) -> bytes:
    """What of the engine this process has loaded, as a zip file.

    It runs ``main`` of a module with its first argument. The same modules make the same bytes.
    """
    wanted = [
        name
        for name in sorted(sys.modules)
        if name.startswith(_ENGINE + ".")
        and not name.startswith((f"{_ENGINE}._tasks", f"{_ENGINE}._cluster"))
    ]
    files: dict[str, str] = {}
    packages: set[str] = set()
    for name in wanted:
        spec = importlib.util.find_spec(name)
        source = spec.loader.get_source(name) if spec and spec.loader else None  # type: ignore[attr-defined]
        place = name.replace(".", "/")
        for end in range(1, len(name.split("."))):
            packages.add("/".join(name.split(".")[:end]))
        if spec is not None and spec.submodule_search_locations is not None:
            packages.add(place)
        else:
            files[f"{place}.py"] = source or ""
    files.update((f"{package}/__init__.py", "") for package in sorted(packages))
    files["__main__.py"] = _MAIN.format(module)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, text in files.items():
            entry = zipfile.ZipInfo(path)  # of 1980, whenever it is made
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
    return stream.getvalue()
