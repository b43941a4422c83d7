"""What values a variable takes, and what becomes of the others.

A LOAD answers OK whatever it finds. A value that is refused is put back to the current one
in memory; a name that does not exist is deleted there.
"""

from __future__ import annotations

import functools
import ipaddress
import json
import re
from pathlib import Path
from typing import Any

from . import THREE, VERSION
from .schema import HERE

_LEADING_INT = re.compile(r"\s*([+-]?\d+)")

# Set at start and never again by a LOAD.
STATIC = ("mysql-threads", "mysql-interfaces", "pgsql-threads", "pgsql-interfaces")
# '' is taken, and changes nothing in runtime.
_EMPTY_CHANGES_NOTHING = ("admin-cluster_username", "admin-cluster_password")
_NEVER_EMPTY = (
    "admin-mysql_ifaces", "mysql-interfaces", "admin-admin_credentials", "admin-stats_credentials",
    "admin-telnet_admin_ifaces", "admin-telnet_stats_ifaces",
)  # fmt: skip
# Statistics are taken at one of these intervals: others are rounded up.
_INTERVALS = (0, 1, 5, 10, 30, 60, 120, 300, 600)
_ROUNDED = (
    "admin-stats_mysql_connection_pool", "admin-stats_mysql_connections",
    "admin-stats_mysql_query_cache", "admin-stats_system_cpu", "admin-stats_system_memory",
)  # fmt: skip
_EMPTY_BECOMES = {
    "mysql-default_charset": "utf8",
    "mysql-default_collation_connection": "utf8_general_ci",
    "pgsql-default_timezone": "GMT",
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "mysql-default_authentication_plugin": ("mysql_native_password", "caching_sha2_password"),
    "mysql-default_session_track_gtids": ("OFF", "OWN_GTID"),
    "pgsql-default_session_track_gtids": ("OFF", "OWN_GTID"),
    # Of encodings only those that a transcript has.
    "pgsql-default_client_encoding": ("UTF8", "UTF-8", "SQL ASCII", "LATIN1", "ABC"),
    "pgsql-default_intervalstyle": ("postgres", "postgres_verbose", "sql_standard", "iso_8601"),
    "pgsql-default_standard_conforming_strings": ("on", "off"),
    "pgsql-server_encoding": ("UTF8", "abc"),
}
_IN_UPPER_CASE = (
    "mysql-default_session_track_gtids", "pgsql-default_session_track_gtids",
    "pgsql-default_client_encoding",
)  # fmt: skip
_ON_OFF = {
    "true": "on",
    "1": "on",
    "yes": "on",
    "t": "on",
    "false": "off",
    "0": "off",
    "no": "off",
    "f": "off",
}
_DATE_STYLES = {style.lower(): style for style in ("ISO", "SQL", "Postgres", "German")}
_DATE_ORDERS = ("MDY", "DMY", "YMD")
_LOG_FILES = ("mysql-auditlog_filename", "mysql-eventslog_filename")
_HEARTBEAT = re.compile(r"`?\w+`?\.`?\w+`?")
# Turning these on and off turns a bit of mysql-server_capabilities.
_CAPABILITY_BITS = {"mysql-have_compress": 32, "mysql-have_ssl": 2048}
# The cluster does not carry these: they are each node's own.
NOT_SYNCED = (
    "admin-mysql_ifaces", "admin-restapi_enabled", "admin-restapi_port",
    "admin-telnet_admin_ifaces", "admin-telnet_stats_ifaces", "admin-web_enabled",
    "admin-web_port", "mysql-interfaces", "mysql-threads",
)  # fmt: skip


_PAIR = ("mysql-default_charset", "mysql-default_collation_connection")
# Id, collation, charset, whether it is called the default.
COLLATIONS: list[tuple[int, str, str, str]] = json.loads((HERE / "collations-2.7.1.json").read_text())
CHARSET_OF = {collation: charset for _id, collation, charset, _default in COLLATIONS}
# What LOAD takes for a charset: the first there is, but for these.
DEFAULT_OF = {
    **{charset: collation for _id, collation, charset, _default in reversed(COLLATIONS)},
    "cp1251": "cp1251_general_ci",
    "cp1257": "cp1257_general_ci",
    "latin1": "latin1_swedish_ci",
    "latin2": "latin2_general_ci",
    "latin7": "latin7_general_ci",
}


@functools.cache
def specs() -> dict[str, dict[str, Any]]:
    """Of each variable its type, default and limits."""
    found: dict[str, dict[str, Any]] = json.loads((HERE / "variables-2.7.1.json").read_text())
    if THREE:
        found.update(json.loads((HERE / "variables-3.0.3.json").read_text()))
    return found


def _diffs_of(checksum: str) -> str:
    return checksum.replace("admin-checksum_", "admin-cluster_") + "_diffs_before_sync"


def _checksum_of(diffs: str) -> str:
    return diffs.replace("admin-cluster_", "admin-checksum_").removesuffix("_diffs_before_sync")


class Rejected(Exception):
    """The value is not taken."""


class Unknown(Exception):
    """There is no such variable."""


def leading_int(text: str) -> int:
    """As C's atoi: what the text begins with, or 0."""
    match = _LEADING_INT.match(text)
    return int(match.group(1)) if match else 0


def _networks(text: str) -> bool:
    """'', '*', or networks with commas between."""
    try:
        for network in text.split(",") if text not in ("", "*") else ():
            ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
    return True


class Variables:
    def __init__(self, datadir: Path) -> None:
        self.datadir = datadir
        self.specs = specs()
        self.values: dict[str, str] = {name: spec["default"] for name, spec in self.specs.items()}
        self.values["admin-version"] = VERSION
        self.credentials = {
            name: self.values[name] for name in ("admin-admin_credentials", "admin-stats_credentials")
        }
        # Names that a user of mysql_users has taken from these.
        self.taken: set[str] = set()
        self.started = False
        self._pair = {name: self.values[name] for name in _PAIR}

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def on(self, name: str) -> bool:
        return self.values[name] == "true"

    def number(self, name: str) -> int:
        return int(self.values[name])

    def assign(self, name: str, given: str) -> None:
        """Take over a value from memory, or raise Rejected or Unknown."""
        spec = self.specs.get(name)
        if spec is None:
            raise Unknown(name)
        if name == "admin-version" or (self.started and name in STATIC):
            if given != self.values[name]:
                raise Rejected(name)
            return
        if given == "" and name in _EMPTY_CHANGES_NOTHING:
            return
        if name == "mysql-proxy_protocol_networks" and not _networks(given):
            return
        self.values[name] = self._canonical(name, spec, given)
        if name.startswith("admin-checksum_") and self.values[name] == "false":
            self.values[_diffs_of(name)] = "0"
        if name.endswith("_diffs_before_sync") and self.values.get(_checksum_of(name)) == "false":
            self.values[name] = "0"
        if bit := _CAPABILITY_BITS.get(name):
            capabilities = int(self.values["mysql-server_capabilities"]) & ~bit
            if self.values[name] == "true":
                capabilities |= bit
            self.values["mysql-server_capabilities"] = str(capabilities)

    def loaded(self) -> dict[str, str]:
        """What one variable does to another, once all of them are taken over; what memory gets of it."""
        for name in self.credentials:
            # 2.7.1 compares without regard to case: such a change is shown and not applied.
            if self.credentials[name].lower() != self.values[name].lower():
                self.credentials[name] = self.values[name]
                self.taken = self.taken - {pair.partition(":")[0] for pair in self.values[name].split(";")}
        moved = self._moved_pair()
        self.values.update(moved)
        self._pair = {name: self.values[name] for name in _PAIR}
        return moved

    def _moved_pair(self) -> dict[str, str]:
        """A charset and a collation that do not fit: the one that changed wins, and the collation of both."""
        charset, collation = (self.values[name] for name in _PAIR)
        known, of_collation = charset.lower(), CHARSET_OF[collation]
        if known == of_collation:
            return {}
        if known in DEFAULT_OF and charset != self._pair[_PAIR[0]] and collation == self._pair[_PAIR[1]]:
            return {_PAIR[1]: DEFAULT_OF[known]}
        return {_PAIR[0]: of_collation}

    def users_loaded(self, frontends: set[str]) -> None:
        """Their names are theirs alone now, at the admin port as well."""
        self.taken = frontends

    def listed(self, name: str, user: str) -> bool:
        """Whether one of the two lists has the user, whose name may have been taken since the login."""
        return user in [pair.partition(":")[0] for pair in self.credentials[name].split(";")]

    def password(self, name: str, user: str) -> bytes | None:
        """The user's password in one of the two lists of credentials."""
        for pair in self.credentials[name].split(";") if user not in self.taken else ():
            known, separator, password = pair.partition(":")
            if separator and known == user:
                return password.encode("latin-1")
        return None

    def _canonical(self, name: str, spec: dict[str, Any], given: str) -> str:
        if spec["type"] == "bool" or name == "admin-read_only":
            return self._bool(name, given)
        if spec["type"] == "int":
            number = leading_int(given)
            if not spec.get("min", number) <= number <= spec.get("max", number):
                raise Rejected(name)
            if name in _ROUNDED:
                number = min(interval for interval in _INTERVALS if interval >= number)
            return str(number)
        if given == "" and name in _EMPTY_BECOMES:
            return _EMPTY_BECOMES[name]
        if given == "" and (spec.get("empty_ok") is False or name in _NEVER_EMPTY):
            raise Rejected(name)
        if name == _PAIR[1] and given not in CHARSET_OF:
            raise Rejected(name)
        if name in _IN_UPPER_CASE:
            given = given.upper()
        if name == "pgsql-default_standard_conforming_strings":
            given = _ON_OFF.get(given.lower(), given.lower())
        if name == "pgsql-default_intervalstyle":
            given = given.lower()
        if name == "pgsql-default_datestyle":
            given = _date_style(name, given)
        if name == "admin-ssl_keylog_file" and given and not given.startswith("/"):
            return f"{self.datadir}/{given}"
        if name in _CHOICES and given not in _CHOICES[name]:
            raise Rejected(name)
        if name == "mysql-server_capabilities" and leading_int(given) in range(11):
            raise Rejected(name)
        heartbeat = name == "mysql-monitor_replication_lag_use_percona_heartbeat"
        if heartbeat and given and not _HEARTBEAT.fullmatch(given):
            raise Rejected(name)
        if name in _LOG_FILES and not (
            given[-1:] != "/" and (given[:1] != "/" or Path(given).parent.is_dir())
        ):
            raise Rejected(name)
        return given

    @staticmethod
    def _bool(name: str, given: str) -> str:
        if given.lower() in ("true", "1"):
            return "true"
        if given.lower() in ("false", "0"):
            return "false"
        raise Rejected(name)


def _date_style(name: str, given: str) -> str:
    """Both parts in either order; of German alone the order is known."""
    words = [word.strip().lower() for word in given.split(",")]
    words += ["dmy"] if words == ["german"] else []
    styles = [_DATE_STYLES[word] for word in words if word in _DATE_STYLES]
    orders = [word.upper() for word in words if word.upper() in _DATE_ORDERS]
    if len(words) != 2 or not (styles and orders):
        raise Rejected(name)
    return f"{styles[0]}, {orders[0]}"
