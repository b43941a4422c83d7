# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a node is to hold, made of the role's variables, and the file that it first starts with.

options: the typed ones of the role proxysql, without its prefix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...module_utils._server import tls_backends
from .layer import with_layer

# The cluster does not carry these variables (of PostgreSQL's none before about 3.0.8), or a node has to be
# restarted for them.
_OF_EACH_NODE = (
    "admin-pgsql_ifaces",
    "admin-restapi_port",
    "admin-telnet_admin_ifaces",
    "admin-telnet_stats_ifaces",
    "admin-web_port",
    "mysql-stacksize",
    "mysql-threads",
)
# ProxySQL 3 has a second Admin, and a port for clients of PostgreSQL, on every address unless told otherwise.
# Nothing here needs the first one, and the second one only who has PostgreSQL.
_OF_THREE = {"admin-pgsql_ifaces": "127.0.0.1:6132", "pgsql-interfaces": "127.0.0.1:6133"}
_OF_POSTGRESQL = {"pgsql-interfaces": "0.0.0.0:6133"}
# For TLS with all databases: what follows mysql-ssl_p2s_.
_OF_ALL = ("ca", "cert", "key", "cipher")
# Nor does the cluster carry these tables.
_TABLES_OF_EACH_NODE = ("pgsql_", "mysql_firewall_", "scheduler", "restapi_", "coredump_")


def declaration(
    options: Mapping[str, Any],
    tables: Mapping[str, Any] | None,
    own_tables: Mapping[str, Any],
    members: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """tables: proxysql_tables. own_tables: by name, those with a variable of their own, None where not set.

    members: the cores, who are the rows of proxysql_servers unless that is declared. In the result,
    node_states and node_scope are what it takes for a node to need nothing.
    """
    given = {name: rows for name, rows in own_tables.items() if rows is not None}
    found: dict[str, Any] = {
        "tables": {**(tables or {}), **given},
        "members": list(given.pop("proxysql_servers", members)),
    }
    found["tables"].pop("proxysql_servers", None)
    if found["members"]:
        found["tables"]["proxysql_servers"] = found["members"]
    secure = tls_rows(options)
    if secure:
        found["tables"]["mysql_servers_ssl_params"] = secure
    state = options["state"]
    words = state if isinstance(state, Mapping) else {}
    word = "overridden" if isinstance(state, Mapping) else state
    # to a table that is not declared otherwise they are added
    layer = {name: rows for name, rows in (options.get("layer") or {}).items() if rows}
    added = [name for name in layer if found["tables"].get(name) is None]
    found["tables"].update(with_layer(found["tables"], layer))
    found["states"] = {**dict.fromkeys(found["tables"], word), **dict.fromkeys(added, "merged"), **words}
    # Whatever is said of it: a node that joins is given all of its members, and no other.
    whole = {"proxysql_servers": "overridden"} if found["members"] else {}
    found["node_states"] = {**found["states"], **whole}
    scope = options.get("scope") or {}
    found["node_scope"] = {name: rows for name, rows in scope.items() if name != "proxysql_servers"}
    found["unreplicated"] = {
        name: rows for name, rows in found["tables"].items() if name.startswith(_TABLES_OF_EACH_NODE)
    }
    return {**found, **_variables(options)}


def _variables(options: Mapping[str, Any]) -> dict[str, Any]:
    """own: made of the role's own variables. of_node: what each node writes for itself; of_three: where
    ProxySQL 3 listens besides, declared or not, which an older one cannot be told. variables: all."""
    given = options["global_variables"] or {}
    own = {
        "admin-admin_credentials": "{admin_user}:{admin_password};{cluster_user}:{cluster_password}".format(
            **options
        ),
        "admin-stats_credentials": "{stats_user}:{stats_password}".format(**options),
        "admin-cluster_username": options["cluster_user"],
        "admin-cluster_password": options["cluster_password"],
        "admin-mysql_ifaces": ";".join(options["admin_interfaces"]),
        "mysql-interfaces": ";".join(options["mysql_interfaces"]),
    }
    monitor = {}
    if options["monitor_password"] is not None:
        monitor = {
            "mysql-monitor_username": options["monitor_user"],
            "mysql-monitor_password": options["monitor_password"],
        }
    made = {**_metrics_variables(options), **given}
    told = {**(options["base_variables"] or {}), **made}
    of_three = {**_OF_THREE, **(_OF_POSTGRESQL if options.get("postgresql") else {})}
    return {
        "own": own,
        # without these a node would not follow the leader
        "of_node": {**own, **{name: made[name] for name in made if _is_of_each(name)}},
        "of_three": {name: told.get(name, value) for name, value in of_three.items()},
        "variables": {
            **(options["base_variables"] or {}),
            **own,
            **monitor,
            **tls_variables(options),
            **made,
        },
    }


def _is_of_each(name: str) -> bool:
    return name in _OF_EACH_NODE or name.startswith("pgsql-")


def _metrics_variables(options: Mapping[str, Any]) -> dict[str, Any]:
    if options["metrics"] is None:
        return {}
    port = {"admin-restapi_port": options["metrics_port"]} if options["metrics"] else {}
    return {"admin-restapi_enabled": options["metrics"], **port}


def tls_rows(options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of mysql_servers_ssl_params: servers with a CA or a certificate of their own."""
    backends = [tls_backends.backend_of(row) for row in options["tls_backends"] or ()]
    return [
        {
            "hostname": one.hostname,
            "port": one.port,
            "username": one.username,
            **tls_backends.columns(options["data_dir"], one),
        }
        for one in backends
        if one.hostname
    ]


def tls_variables(options: Mapping[str, Any]) -> dict[str, str]:
    """What is for all other servers."""
    for row in options["tls_backends"] or ():
        if not row.get("hostname"):
            found = tls_backends.columns(options["data_dir"], tls_backends.backend_of(row))
            return {f"mysql-ssl_p2s_{part}": found.get(f"ssl_{part}", "") for part in _OF_ALL}
    return {}


def cnf(declared: Mapping[str, Any], data_dir: str) -> str:
    """/etc/proxysql.cnf, which ProxySQL reads at its very first start. declared: of ``declaration``."""
    lines = [f"datadir={_text(data_dir)}", f"errorlog={_text(data_dir + '/proxysql.log')}"]
    # an older one passes over what it does not know
    known = {**declared["of_three"], **declared["variables"]}
    variables = {name: value for name, value in sorted(known.items()) if value is not None}
    for prefix in dict.fromkeys(name.partition("-")[0] for name in variables):
        lines += ["", f"{prefix}_variables=", "{"]
        lines += [
            f"    {name.partition('-')[2]}={_text(value)}"
            for name, value in variables.items()
            # ProxySQL cannot read a value with a double quote from here; the declared configuration brings it
            if name.partition("-")[0] == prefix and '"' not in str(value)
        ]
        lines.append("}")
    members = [
        f"    {{ hostname={_text(row['hostname'])}, port={int(row.get('port', 6032))}, "
        f"weight={int(row.get('weight', 0))}, comment={_text(row.get('comment', ''))} }}"
        for row in declared["members"]
    ]
    if members:
        lines += ["", "proxysql_servers=", "(", ",\n".join(members), ")"]
    return "\n".join(lines) + "\n"


def _text(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
