"""Which ProxySQL the hosts get.

In this order: the package that PROXYSQL_DEB names; the vendor's repository, if it can
be reached; the emulator of this project, built as a package. Never silently.
"""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from .machine import CACHE, CHECKOUT, call
from .podman import locked
from .say import Refused, step

PROBE = "https://repo.proxysql.com/ProxySQL/proxysql-2.7.x/repo_pub_key"
EMULATOR = CHECKOUT / "tests" / "emulator"


@dataclass(frozen=True)
class Package:
    file: Path | None  # None: from the vendor's repository
    version: str
    why: str

    def __str__(self) -> str:
        return f"ProxySQL {self.version}: {self.why}"


def choose() -> Package:
    given = os.environ.get("PROXYSQL_DEB")
    if given:
        path = Path(given).resolve()
        if not path.is_file():
            raise Refused(f"PROXYSQL_DEB={given}: there is no such file")
        name, version = _describe(path)
        if name not in ("proxysql", "proxysql2", "proxysql3"):
            raise Refused(f"PROXYSQL_DEB={given} is a package of {name}, not of ProxySQL")
        return Package(path, version, f"the package PROXYSQL_DEB names, {path}")
    reason = _vendor_unreachable()
    if not reason:
        return Package(None, "from the vendor's repository", "repo.proxysql.com answers")
    path = _emulator()
    return Package(
        path,
        _describe(path)[1],
        "the emulator of this project, because PROXYSQL_DEB is not set and "
        f"repo.proxysql.com cannot be reached ({reason})",
    )


def inventory(package: Package) -> str:
    """An inventory source that tells the role, and the person who reads it."""
    chosen = f"    proxysql_package_file: {package.file}\n" if package.file else ""
    # A test asks nobody for the newest version.
    return f"# {package}\nall:\n  vars:\n    proxysql_options: [--idle-threads, --no-version-check]\n{chosen}"


def _describe(path: Path) -> tuple[str, str]:
    rows = call("dpkg-deb", "--show", "--showformat=${Package}\n${Version}", path).split("\n")
    return rows[0], rows[1]


def _vendor_unreachable() -> str:
    try:
        with urllib.request.urlopen(PROBE, timeout=4) as answer:
            return "" if answer.status == 200 else f"HTTP {answer.status}"
    except urllib.error.HTTPError as error:
        return f"HTTP {error.code}"
    except OSError as error:
        return str(getattr(error, "reason", error))


def _emulator() -> Path:
    """Built once for each state of its sources."""
    digest = hashlib.sha256()
    for path in sorted(EMULATOR.rglob("*")):
        if path.is_file() and path.suffix not in (".pyc", ".md"):
            digest.update(str(path.relative_to(EMULATOR)).encode() + b"\0" + path.read_bytes())
    folder = CACHE / "packages"
    result = folder / f"proxysql-emulator-{digest.hexdigest()[:12]}.deb"
    with locked("package"):
        if not result.exists():
            folder.mkdir(parents=True, exist_ok=True)
            for old in folder.glob("proxysql-emulator-*.deb"):
                old.unlink()
            programs = f"{CHECKOUT / '.venv' / 'bin'}:{os.environ['PATH']}"
            unfinished = folder / "unfinished.deb"
            with step("emulator: building its package"):
                call(EMULATOR / "build-deb", unfinished, env={**os.environ, "PATH": programs})
            unfinished.rename(result)
    return result
