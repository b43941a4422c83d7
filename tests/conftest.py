"""Lets the tests import the collection by its full name from any checkout.

Ansible finds a collection only below a folder named ansible_collections. Under
ansible-test the checkout lies in one and the import is arranged already;
otherwise a temporary folder with a link does.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

CHECKOUT = Path(__file__).resolve().parents[1]


# Kept by name: the folder goes when the process ends.
_FOLDER = tempfile.TemporaryDirectory(prefix="mysqlha-tests-")


def _install_finder() -> None:
    # One finder per process, whoever comes first: Ansible refuses a second one.
    # Under xdist every worker is a process of its own and makes its own folder.
    if any(isinstance(finder, _AnsibleCollectionFinder) for finder in sys.meta_path):
        return
    namespace = Path(_FOLDER.name) / "ansible_collections" / "mysqlha"
    namespace.mkdir(parents=True)
    (namespace / "proxysql").symlink_to(CHECKOUT)
    _AnsibleCollectionFinder(paths=[_FOLDER.name])._install()
    sys.path.insert(0, _FOLDER.name)


# At import, not in a hook: conftest files below this one import the collection.
_install_finder()


@pytest.fixture(scope="session")
def collections_path() -> str:
    """Where a program that a test starts finds the collection."""
    return _FOLDER.name
