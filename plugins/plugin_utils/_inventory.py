# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From what a node holds to the inventory that declares it: YAML for people, secrets apart.

The names are those of the role proxysql. What cannot be declared, or not be kept, is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from ..module_utils._catalog.tables import TABLES
from ..module_utils._catalog.variables import READ_ONLY, STATIC
from ..module_utils._declared.declaration import declared_rows
from ..module_utils._declared.errors import DeclarationError
from ..module_utils._declared.rows import hide_members, key_of
from ..module_utils._declared.variables import declared_variables, is_secret
from ..module_utils._planning.checks import check_rows

# Tables that have a variable of their own in the role; the rest goes into proxysql_tables.
OWN = (
    "proxysql_servers",
    "mysql_replication_hostgroups",
    "mysql_servers",
    "mysql_users",
    "mysql_query_rules",
)

# The role makes these of variables of its own.
CREDENTIALS = frozenset(
    (
        "admin-admin_credentials",
        "admin-stats_credentials",
        "admin-cluster_username",
        "admin-cluster_password",
        "admin-mysql_ifaces",
        "mysql-interfaces",
        "mysql-monitor_username",
        "mysql-monitor_password",
    )
)


# As ProxySQL comes: nobody has set them, and the role refuses them.
FACTORY_STATS = ("stats", "stats")
FACTORY_MONITOR = ("monitor", "monitor")


class Reference(str):
    """A template that is meant: it stands for a secret in the other file."""


@dataclass
class Inventory:
    """Variables for group_vars, the secrets they refer to, and what is to be known of both."""

    declared: dict[str, Any] = field(default_factory=dict)
    vault: dict[str, Any] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def secret(self, name: str, value: str) -> None:
        """A password that has a variable of its own in the role."""
        self.vault[f"vault_{name}"] = value
        self.declared[name] = Reference(f"{{{{ vault_{name} }}}}")


def inventory(seen: Mapping[str, Any], login_user: str, login_port: int) -> Inventory:
    """The inventory of what the module proxysql_info returned with secrets, of memory and of disk."""
    found = Inventory()
    memory = dict(seen["variables"]["memory"])
    disk = seen["variables"].get("disk", {})
    # what disk alone has is for a newer release
    memory.update((name, disk[name]) for name in STATIC if name in disk and name in memory)
    _logins(found, memory, login_user, login_port)
    _tables(found, {name: layers["memory"] for name, layers in seen["tables"].items()})
    found.remarks += [
        f"left out: {name} has rows ({count}), and nobody here knows the table"
        for name, count in seen.get("unknown_tables", {}).items()
    ]
    _variables(found, memory)
    if seen.get("defaults_unknown"):
        found.remarks.append(
            f"all variables were written, those with their defaults too: {seen['defaults_unknown']}"
        )
    return found


def _logins(found: Inventory, variables: Mapping[str, str], login_user: str, login_port: int) -> None:
    admins = _pairs(variables.get("admin-admin_credentials", ""))
    stats = _pairs(variables.get("admin-stats_credentials", ""))
    cluster = (
        variables.get("admin-cluster_username", "") or "",
        variables.get("admin-cluster_password", "") or "",
    )
    found.declared["proxysql_admin_port"] = login_port
    found.declared["proxysql_admin_user"] = login_user
    if login_user in admins:
        found.secret("proxysql_admin_password", admins[login_user])
    if cluster[0]:
        found.declared["proxysql_cluster_user"] = cluster[0]
        found.secret("proxysql_cluster_password", cluster[1])
    else:
        found.remarks.append("the node has no cluster user; set proxysql_cluster_password for the role")
    for user, password in list(stats.items())[:1]:
        if (user, password) != FACTORY_STATS:
            found.declared["proxysql_stats_user"] = user
            found.secret("proxysql_stats_password", password)
    # what is as ProxySQL comes was not read
    monitor = tuple(
        variables.get(f"mysql-monitor_{name}", factory)
        for name, factory in zip(("username", "password"), FACTORY_MONITOR)
    )
    if monitor == FACTORY_MONITOR:
        found.remarks.append(
            "the monitor logs in with the password that ProxySQL comes with; set proxysql_monitor_password"
        )
    elif monitor[1]:
        found.declared["proxysql_monitor_user"] = monitor[0]
        found.secret("proxysql_monitor_password", monitor[1])
    for option, name in (("admin", "admin-mysql_ifaces"), ("mysql", "mysql-interfaces")):
        if variables.get(name):
            found.declared[f"proxysql_{option}_interfaces"] = variables[name].split(";")
    made = f"{login_user}:{admins.get(login_user, '')};{cluster[0]}:{cluster[1]}"
    if variables.get("admin-admin_credentials") != made:
        others = ", ".join(sorted(set(admins) - {login_user, cluster[0]}))
        found.remarks.append(
            "admin-admin_credentials is not proxysql_admin_user and proxysql_cluster_user in this order, and"
            " no more; the role will make it so" + (f", without {others}" if others else "")
        )
    if len(stats) > 1:
        found.remarks.append(f"admin-stats_credentials has {len(stats)} users; the role keeps one")


def _pairs(text: str) -> dict[str, str]:
    """user:password;user:password"""
    found = [pair.partition(":") for pair in text.split(";") if pair]
    return {parts[0]: parts[2] for parts in found}


def _tables(found: Inventory, tables: Mapping[str, list[dict[str, Any]]]) -> None:
    others: dict[str, Any] = {}
    for name, rows in tables.items():
        kept = [row for row in rows if _can_be_declared(found, name, row)]
        shown = [_without_secrets(found, name, row) for row in kept]
        if shown:
            (found.declared if name in OWN else others)[f"proxysql_{name}" if name in OWN else name] = shown
    if others:
        found.declared["proxysql_tables"] = others


def _can_be_declared(found: Inventory, name: str, row: dict[str, Any]) -> bool:
    if name not in TABLES:
        return True
    table = TABLES[name]
    defaults = {column.name: table.default(column.name) for column in table.columns}
    try:
        (declared,) = declared_rows(table, [row])
        key = key_of(table, declared)
        check_rows(table, {key: {**defaults, **declared}}, [key], {})
    except DeclarationError as exc:
        found.remarks.append(f"left out: {exc.message}")
        return False
    return True


def _without_secrets(found: Inventory, name: str, row: dict[str, Any]) -> dict[str, Any]:
    table, shown = TABLES.get(name), dict(row)
    if table is None:
        return shown
    for column in (*table.secrets, *table.json):
        value = shown.get(column)
        if value and (column in table.secrets or hide_members(str(value)) != value):
            place = f"vault_proxysql_{name}_{column}"
            secrets = found.vault.setdefault(place, {})
            # Two rows of one user have two passwords.
            key = str(row[table.key[0]]) + ("" if row.get("backend", True) else " as frontend")
            if key in secrets or not key.isprintable() or any(char in key for char in '\\"{}'):
                key = f"number {len(secrets) + 1}"  # a name that cannot stand in a template
            secrets[key] = shown[column]
            shown[column] = Reference(f'{{{{ {place}["{key}"] }}}}')
    return shown


def _variables(found: Inventory, variables: Mapping[str, str]) -> None:
    shown: dict[str, Any] = {}
    for name, value in sorted(variables.items()):
        if name in CREDENTIALS or name in READ_ONLY:
            continue
        try:
            declared_variables({name: value})
        except DeclarationError as exc:
            found.remarks.append(f"left out: {exc.message}")
            continue
        if is_secret(name) and value:
            found.vault.setdefault("vault_proxysql_variables", {})[name] = value
            value = Reference(f'{{{{ vault_proxysql_variables["{name}"] }}}}')
        shown[name] = value
    found.declared["proxysql_global_variables"] = shown


# -- YAML --------------------------------------------------------------------------------


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    if any(mark in value for mark in ("{{", "{%", "{#")):
        # Not a template: a pattern that happens to look like one.
        return dumper.represent_scalar("!unsafe", value, style='"')
    return dumper.represent_scalar("tag:yaml.org,2002:str", value)


_Dumper.add_representer(str, _text)
# Ansible has strings of its own.
_Dumper.add_multi_representer(str, _text)
_Dumper.add_representer(
    Reference, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style='"')
)


def as_yaml(values: Mapping[str, Any], about: str) -> str:
    """A file of variables. Bytes that are not text are escaped, and read back as they were."""
    body = yaml.dump(
        dict(values), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10000, explicit_start=True
    )
    return "".join(f"# {line}\n" for line in about.splitlines()) + body
