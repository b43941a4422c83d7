"""A stand-in for ProxySQL 2.7.1: its admin interface, its cluster, and a plain data port."""

from __future__ import annotations

# What ProxySQL calls its version; peers compare this text and must find it equal.
VERSION = "2.7.1-emulator-1"
BANNER = f"ProxySQL version {VERSION}, codename Emulator"
