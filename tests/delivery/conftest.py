"""The collection as its users get it: built into a tarball and installed to an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(CHECKOUT / "tests/delivery"), str(CHECKOUT / "tests/emulator")]
Run = Callable[..., str]


def committed(target: Path) -> Path:
    """A copy of what git knows or would be told of: no caches, as in a fresh clone."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listing.split("\0")):
        if (CHECKOUT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, target / name)
    return target


@pytest.fixture(scope="session")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    clone = committed(tmp_path_factory.mktemp("clone"))
    # as it looks after a while of work
    for name in (".venv/bin/python", ".cache/x", ".hypothesis/x", "plugins/__pycache__/x.pyc", "old.tar.gz"):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).touch()
    built = tmp_path_factory.mktemp("built")
    subprocess.run(
        ["ansible-galaxy", "collection", "build", "--output-path", built, clone],
        check=True,
        capture_output=True,
        text=True,
    )
    (found,) = built.glob("*.tar.gz")
    return found


@pytest.fixture(scope="session")
def content(tarball: Path) -> set[str]:
    with tarfile.open(tarball) as archive:
        return {member.name for member in archive if member.isfile()}


@pytest.fixture(scope="session")
def installed(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collections path that has this collection and nothing else."""
    folder = tmp_path_factory.mktemp("collections")
    subprocess.run(
        ["ansible-galaxy", "collection", "install", "--offline", tarball, "--collections-path", folder],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(folder)},
    )
    return folder


@pytest.fixture
def run(installed: Path, tmp_path: Path) -> Run:
    """A program in an empty folder, far from the checkout, with the installed collection."""

    def call(*command: str | Path, **environment: str) -> str:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=tmp_path,
            env={
                **{key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")},
                "ANSIBLE_COLLECTIONS_PATH": str(installed),
                "ANSIBLE_HOME": str(tmp_path / "home"),
                "ANSIBLE_LOCALHOST_WARNING": "0",
                "ANSIBLE_NOCOLOR": "1",
                "NO_COLOR": "1",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    return call
