"""The host with Prometheus and Alertmanager: what it is given, and what it says."""

from __future__ import annotations

import base64
import json
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from helpers import Node, play, played, poll

STATUS = "/var/lib/prometheus/node-exporter/proxysql_status.prom"


class Tower:
    def __init__(self, node: Node, folder: Path) -> None:
        self.node, self._folder = node, folder

    def set_up(self) -> None:
        played("monitoring", "-e", f"proxysql_monitoring_folder={self._folder}/proxysql")
        for file in sorted((self._folder / "proxysql").rglob("*.*")):
            self._put(file, f"/etc/prometheus/{file.relative_to(self._folder)}")
        self.status()
        self.node.run("systemctl reload prometheus")
        poll("Prometheus to ask everybody", self._asks_everybody, 60, every=1)

    def status(self) -> None:
        """What a timer would do: the numbers of `status` go to where the node exporter finds them."""
        file = self._folder / "status.prom"
        # 2: something is to be done, which the numbers say as well
        code, output = play("status", "-e", f"proxysql_status_metrics={file}")
        assert code in (0, 2), output[-3000:]
        self._put(file, STATUS)

    def _put(self, file: Path, place: str) -> None:
        text = base64.b64encode(file.read_bytes()).decode()
        self.node.run(f"install -D /dev/null {place} && echo {text} | base64 -d >{place}")

    def _ask(self, port: int, path: str) -> Any:
        with urllib.request.urlopen(f"http://{self.node.address}:{port}{path}", timeout=10) as answer:
            return json.load(answer)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Labels and value of each series."""
        found = self._ask(9090, "/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        return [{**each["metric"], "value": float(each["value"][1])} for each in found["data"]["result"]]

    def _asks_everybody(self) -> bool:
        targets = self._ask(9090, "/api/v1/targets?state=active")["data"]["activeTargets"]
        # three nodes with two exporters each, and this host
        return len(targets) == 7 and all(each["health"] == "up" for each in targets)

    def pending(self) -> set[tuple[str, str]]:
        """Alerts whose time is not up yet, and the nodes that they are about."""
        found = self.query('ALERTS{alertstate="pending"}')
        return {(each["alertname"], each.get("node", "")) for each in found}

    def told(self) -> list[dict[str, str]]:
        """The labels of what Alertmanager would tell somebody now."""
        return [each["labels"] for each in self._ask(9093, "/api/v2/alerts?active=true")]

    def tells(self, alert: str, **labels: str) -> bool:
        wanted = {"alertname": alert, **labels}
        return any(wanted.items() <= each.items() for each in self.told())
