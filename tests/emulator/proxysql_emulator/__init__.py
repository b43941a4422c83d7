"""A stand-in for ProxySQL 2.7.1: its admin interface, its cluster, and a plain data port."""

from __future__ import annotations

import os

# 3.0 is 3.0.3 and what the newest of 3.0.x has in addition. No transcript pins that: see the README.
RELEASES = ("2.7.1", "3.0.3", "3.0")
RELEASE = os.environ.get("PROXYSQL_EMULATOR_RELEASE") or RELEASES[0]
if RELEASE not in RELEASES:
    raise SystemExit(f"PROXYSQL_EMULATOR_RELEASE: {RELEASE} is not one of {', '.join(RELEASES)}")
# Whether it has what is for PostgreSQL.
THREE = RELEASE != "2.7.1"

# What ProxySQL calls its version; peers compare this text and must find it equal.
VERSION = f"{RELEASE}-emulator-1"
BANNER = f"ProxySQL version {VERSION}, codename Emulator"
