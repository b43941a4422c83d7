# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What systemd says of units, as one command prints it; plain Python, no host touched."""

from __future__ import annotations

from collections.abc import Sequence

# Of these the roles bring the whole unit, and of others a drop-in.
_OWN_UNITS = ("proxysql-watch", "proxysql-health")
_OWN_DROP_INS = ("mysqlha.conf", "vip.conf")
_AS_WANTED = {"ActiveState": "active", "UnitFileState": "enabled", "NeedDaemonReload": "no"}


def units(shown: str) -> dict[str, dict[str, str]]:
    """By name of a service, without its ending, its properties."""
    found = {}
    for block in shown.strip().split("\n\n"):
        properties = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        name = properties.pop("Id", "")
        if name:
            found[name.removesuffix(".service")] = properties
    return found


def units_due(shown: str, wanted: Sequence[str], running: bool = False) -> list[str]:
    """Those that do not run, do not start at boot, or have settings that systemd has not read.

    running: only those that do not run. In doubt a unit is due: the module that starts it looks again.
    """
    found = units(shown)
    want = {"ActiveState": "active"} if running else _AS_WANTED
    return [name for name in wanted if not want.items() <= found.get(name, {}).items()]


def overrides(shown: str) -> list[str]:
    """Paths of drop-ins that systemd reads after the roles' settings: what they set is in force.

    systemd sorts drop-ins by the names of the files, whatever their folders, and reads them after the unit
    itself (systemd.unit(5)).
    """
    found = []
    for unit, properties in units(shown).items():
        for path in properties.get("DropInPaths", "").split():
            name = path.rpartition("/")[2]
            if unit in _OWN_UNITS or name > "mysqlha.conf" and name not in _OWN_DROP_INS:
                found.append(path)
    return sorted(set(found))
