# Copyright: (c) 2026, The mysqlha.proxysql developers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Prometheus has to ask, as it reads it from files (file_sd), made of the plan of the site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Union

from .listen import place

Groups = list[dict[str, Union[list[str], dict[str, str]]]]


def targets(site: Mapping[str, Any], port: int | None = None) -> Groups:
    """One group for each node. port: that of another exporter on the same hosts."""
    found: Groups = []
    for host in site["nodes"]:
        options = site["hosts"][host]["proxysql"]
        if port is None and not options["metrics"]:
            continue
        labels = {
            "cluster": options["metrics_cluster"],
            "node": host,
            "role": "core" if host in site["cores"] else "satellite",
        }
        asked = place(options["address"], port or options["metrics_port"])
        found.append({"targets": [asked], "labels": labels})
    return found
