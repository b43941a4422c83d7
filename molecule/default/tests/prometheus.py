"""Debian's Prometheus on this machine, which reads what the cores keep for a node exporter."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import socket
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

from helpers import CHECKOUT, Node

NUMBERS = "/run/proxysql-vip/keepalived/proxysql_vip.prom"


class Prometheus:
    """With the rules that the playbook monitoring has written; asks and evaluates every second."""

    def __init__(self, folder: Path, rules: Path, cores: list[Node]) -> None:
        subprocess.run([CHECKOUT / "tests/tools/promtool"], check=True)
        program = shutil.which("prometheus", path=f"{CHECKOUT / '.cache/promtool'}:{os.environ['PATH']}")
        assert program, "tests/tools/promtool has brought no prometheus"
        self._exporter = _exporter(cores)
        place = f"127.0.0.1:{self._exporter.server_address[1]}"
        scrapes = [
            {
                "job_name": core.name,
                "metrics_path": f"/{core.name}",
                "static_configs": [
                    {"targets": [place], "labels": {"cluster": "proxysql", "node": core.name}}
                ],
            }
            for core in cores
        ]
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(rules)],
            "scrape_configs": scrapes,
        }
        (folder / "prometheus.json").write_text(json.dumps(config), encoding="utf-8")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self._url = f"http://127.0.0.1:{port}"
        self._log = (folder / "prometheus.log").open("wb")
        self._process = subprocess.Popen(
            [
                program,
                f"--config.file={folder / 'prometheus.json'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> Prometheus:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._log.close()
        self._exporter.shutdown()
        self._exporter.server_close()

    def _ask(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self._url}/api/v1/{path}", timeout=5) as answer:
            return json.load(answer)["data"]

    def holders(self) -> list[str]:
        """The nodes that say that they hold the virtual IP."""
        asked = urllib.parse.urlencode({"query": 'proxysql_vip_state{state="MASTER"} == 1'})
        return [each["metric"]["node"] for each in self._ask(f"query?{asked}")["result"]]

    def alerts(self) -> dict[str, str]:
        """Name and state (pending or firing) of each alert."""
        return {each["labels"]["alertname"]: each["state"] for each in self._ask("alerts")["alerts"]}


def _exporter(cores: list[Node]) -> http.server.ThreadingHTTPServer:
    nodes = {f"/{core.name}": core for core in cores}

    class Numbers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802, the library's name
            text = nodes[self.path].run(f"cat {NUMBERS}") + "\n"
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *arguments: object) -> None:
            """Each second twice, which nobody would read."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Numbers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
