"""The primary of three MariaDB changes, by hand and in an emergency, while applications use them."""

from __future__ import annotations

from pathlib import Path

import primaries
import primary_change
import pytest
from helpers import Cluster
from kinds import MARIADB
from primary_change import Measured


@pytest.fixture(scope="module")
def tables(cluster: Cluster) -> None:
    primary_change.make_tables(cluster, MARIADB)


def test_back_and_forth_under_load(cluster: Cluster, tables: None, record_property: Measured) -> None:
    primaries.back_and_forth(cluster, MARIADB, record_property)


def test_status_draws_it(cluster: Cluster, tables: None, tmp_path: Path) -> None:
    primaries.is_drawn(cluster, MARIADB, tmp_path)


def test_the_inventory_stays_as_it_is(cluster: Cluster, tables: None) -> None:
    primaries.stays(cluster, MARIADB)


def test_the_controller_dies(cluster: Cluster, tables: None) -> None:
    primaries.the_controller_dies(cluster, MARIADB)


def test_a_dead_primary(cluster: Cluster, tables: None, record_property: Measured) -> None:
    primaries.dead_primary(cluster, MARIADB, record_property)
