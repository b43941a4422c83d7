"""Hosts that somebody else has set up: ProxySQL with admin:admin, rows of their own, and a keepalived."""

from __future__ import annotations

import shlex

from helpers import Node, poll

CNF = """\
datadir="{data_dir}"
pidfile="/var/lib/proxysql/proxysql.pid"
admin_variables=
{{
    admin_credentials="admin:admin"
    mysql_ifaces="0.0.0.0:6032"
}}
mysql_variables=
{{
    threads=2
    interfaces="0.0.0.0:6033"
    monitor_enabled=false
}}
"""
ROWS = """
import pymysql
with pymysql.connect(host="127.0.0.1", port=6032, user="admin", password="admin", autocommit=True) as admin:
    for statement in {statements!r}:
        admin.cursor().execute(statement)
"""
STATEMENTS = [
    "REPLACE INTO mysql_servers (hostgroup_id, hostname, max_connections) VALUES (10, '192.0.2.31', 77)",
    "REPLACE INTO mysql_users (username, password, default_hostgroup) VALUES ('theirs', 'Th31rs-lab', 10)",
    "REPLACE INTO mysql_users (username, password, default_hostgroup) VALUES ('check', 'Ch3ck-lab-h', 10)",
    "REPLACE INTO mysql_query_rules (rule_id, active, match_digest, destination_hostgroup, apply, comment)"
    " VALUES (7, 1, '^SELECT 1', 10, 1, 'by hand')",
    "UPDATE global_variables SET variable_value = '4321' WHERE variable_name = 'mysql-max_connections'",
    *(
        f"{verb} {section} {where}"
        for section in ("MYSQL SERVERS", "MYSQL USERS", "MYSQL QUERY RULES", "MYSQL VARIABLES")
        for verb, where in (("LOAD", "TO RUNTIME"), ("SAVE", "TO DISK"))
    ),
]
KEEPALIVED = """\
vrrp_instance THEIRS {{
    state BACKUP
    interface eth0
    virtual_router_id 99
    priority {priority}
    advert_int 1
{authentication}    virtual_ipaddress {{
        {vip}/24
    }}
}}
"""
AUTHENTICATION = """\
    authentication {{
        auth_type PASS
        auth_pass {password}
    }}
"""


def put(node: Node, path: str, text: str) -> None:
    node.run(f"printf %s {shlex.quote(text)} >{path}")


def keepalived(vip: str, priority: int, password: str = "") -> str:
    """Their keepalived.conf."""
    authentication = AUTHENTICATION.format(password=password) if password else ""
    return KEEPALIVED.format(vip=vip, priority=priority, authentication=authentication)


def bare(node: Node) -> None:
    """As if this collection had never been here."""
    for unit in ("keepalived", "proxysql-watch", "proxysql"):
        node.run(f"systemctl disable --now {unit} || true")
    node.run(
        "rm -rf /etc/systemd/system/proxysql.service.d /etc/systemd/system/keepalived.service.d"
        " /etc/systemd/system/proxysql-watch.service /etc/keepalived/* /etc/tmpfiles.d/proxysql-vip.conf"
        " /run/proxysql-vip /var/lib/proxysql-vip /var/lib/proxysql/*"
        " /var/lib/proxysql-restore /etc/proxysql.cnf* /srv/proxysql"
    )


def by_hand(node: Node, vip: str, priority: int, data_dir: str = "/var/lib/proxysql") -> None:
    """As somebody else would have set it up."""
    bare(node)
    put(node, "/etc/proxysql.cnf", CNF.format(data_dir=data_dir))
    node.run(f"install -d -o proxysql -g proxysql {data_dir}")
    node.run("chown root:proxysql /etc/proxysql.cnf; chmod 640 /etc/proxysql.cnf; systemctl daemon-reload")
    node.run("systemctl start proxysql")
    script = shlex.quote(ROWS.format(statements=STATEMENTS))
    poll(f"{node} takes rows", lambda: node.infra.run(f"python3 -c {script}").rc == 0, 60)
    if priority:
        put(node, "/etc/keepalived/keepalived.conf", keepalived(vip, priority))
        node.run("systemctl start keepalived")
