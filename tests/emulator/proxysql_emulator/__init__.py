"""A stand-in for ProxySQL 2.7.1: its admin interface, its cluster, and a plain data port."""

from __future__ import annotations

import os

# 3.0 has the tables for PostgreSQL in addition. Nothing pins that: see the README.
RELEASE = os.environ.get("PROXYSQL_EMULATOR_RELEASE") or "2.7.1"
if RELEASE not in ("2.7.1", "3.0"):
    raise SystemExit(f"PROXYSQL_EMULATOR_RELEASE: {RELEASE} is not 2.7.1 or 3.0")

# What ProxySQL calls its version; peers compare this text and must find it equal.
VERSION = f"{RELEASE}-emulator-1"
BANNER = f"ProxySQL version {VERSION}, codename Emulator"
