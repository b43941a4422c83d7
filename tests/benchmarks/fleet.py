"""How long the playbook status takes over many nodes, and how much memory its largest process.

    python tests/benchmarks/fleet.py [--nodes 100,300,1000] [--dead 20] [--hanging 20] [--rows 20] [--site]
        [--keep]

With --site, as root, ``site --tags configuration`` too: unchanged, and with one more user.

The nodes are one fleet (tests/emulator/fleet) on this machine, and take their share of its processor, which
real nodes do not. Cores are reached without ssh.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "emulator")]

import figures  # noqa: E402
from checkout import tree  # noqa: E402
from fleets import RunningFleet  # noqa: E402


def declared(rows: int) -> dict[str, list[dict[str, Any]]]:
    """So many servers, users and rules."""
    numbers = range(1, rows + 1)
    word = "word-{}".format
    return {
        "mysql_servers": [{"hostgroup_id": 10, "hostname": "192.0.2.1", "port": 3306 + n} for n in numbers],
        "mysql_users": [{"username": f"u{n}", "password": word(n), "default_hostgroup": 10} for n in numbers],
        "mysql_query_rules": [
            {"rule_id": n, "active": 1, "match_digest": f"^SELECT {n}", "destination_hostgroup": 10}
            for n in numbers
        ],
    }


def write(fleet: RunningFleet, tables: dict[str, list[dict[str, Any]]]) -> None:
    """To the first core, which the others follow."""
    with fleet.connect("node0001") as link, link.cursor() as cursor:
        for name, rows in tables.items():
            for row in rows:
                places = ",".join(["%s"] * len(row))
                cursor.execute(f"INSERT INTO {name} ({','.join(row)}) VALUES ({places})", tuple(row.values()))
            section = name.upper().replace("_", " ")
            cursor.execute(f"LOAD {section} TO RUNTIME")
            cursor.execute(f"SAVE {section} TO DISK")


def play(fleet: RunningFleet, extra: Path, playbook: str, *options: str) -> tuple[float, float, int, str]:
    """Seconds, those of the processor, megabytes of the largest process, output."""
    program = Path(sys.executable).with_name("ansible-playbook")
    settings = {"ANSIBLE_COLLECTIONS_PATH": str(tree()), "ANSIBLE_FORKS": "20", "ANSIBLE_NOCOLOR": "1"}
    command = [str(program), *fleet.options, "-e", f"@{extra}", f"mysqlha.proxysql.{playbook}", *options]
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **settings}, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        _, _, used = os.wait4(process.pid, 0)
        took = time.monotonic() - began
        output.seek(0)
        return took, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024, output.read()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", default="100,300,1000")
    parser.add_argument("--dead", type=int, default=0)
    parser.add_argument("--hanging", type=int, default=0)
    parser.add_argument("--rows", type=int, default=20, help="of servers, of users and of rules each")
    parser.add_argument("--site", action="store_true", help="site --tags configuration, too")
    parser.add_argument("--keep", action="store_true", help="for README and guides")
    given = parser.parse_args()
    rows: list[dict[str, Any]] = []
    silent = ["--dead", str(given.dead), "--hanging", str(given.hanging)]
    for count in map(int, given.nodes.split(",")):
        with RunningFleet(count, *silent) as fleet:
            tables = declared(given.rows)
            write(fleet, tables)
            extra = Path(fleet.folder.name) / "declared.yml"
            time.sleep(3 + count / 50)
            plays = [("status",)]
            plays += [("site", "--tags", "configuration")] * 3 if given.site else []
            for number, one in enumerate(plays):
                # the first writes /etc/proxysql.cnf of the cores, the last has a change
                if number == 3:
                    tables["mysql_users"].append({"username": "new", "password": "word-of-new"})
                extra.write_text(json.dumps({f"proxysql_{name}": rows for name, rows in tables.items()}))
                before = fleet.seconds()
                took, spent, most, said = play(fleet, extra, *one)
                if number == 1:
                    continue
                found = [
                    line.strip() for line in said.splitlines() if "nodes answer" in line or 'msg":' in line
                ]
                what = " ".join(one) + ("", "", ", unchanged", ", with a change")[number]
                row = {"nodes": count, "what": f"``{one[0]}``{what[len(one[0]) :]}", "wall": took}
                row |= {"processor": spent, "megabytes": most, "fleet_seconds": fleet.seconds() - before}
                rows.append({**row, "fleet_megabytes": fleet.kilobytes() // 1024})
                print(f"{rows[-1]} load {os.getloadavg()[0]:.1f}; {' '.join(found)[:150]}", flush=True)
    print(figures.markdown("fleet", rows))
    if given.keep:
        dead = f"; of each fleet {given.dead} dead and {given.hanging} hanging" * bool(given.dead)
        note = f"{given.rows} servers, users and rules{dead}"
        figures.keep("fleet", rows, "the emulator of ProxySQL", note=note)
    return 0


if __name__ == "__main__":
    sys.exit(main())
