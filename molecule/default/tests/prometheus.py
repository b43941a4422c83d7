"""Debian's Prometheus on this machine, which reads what the cores keep for a node exporter."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import socket
import subprocess
import threading
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
        self._exporter = _Exporter(cores)
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
        self._exporter.end()

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


class _Exporter(http.server.ThreadingHTTPServer):
    """What a node exporter on each core would serve; read beside, for ssh may be slower than a scrape."""

    daemon_threads = True

    def __init__(self, cores: list[Node]) -> None:
        self._cores = {f"/{core.name}": core for core in cores}
        self._over = threading.Event()
        self.texts = {path: core.run(f"cat {NUMBERS}") for path, core in self._cores.items()}
        super().__init__(("127.0.0.1", 0), _Numbers)
        self._beside = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self.serve_forever, daemon=True),
        ]
        for thread in self._beside:
            thread.start()

    def _read(self) -> None:
        while not self._over.wait(0.5):
            for path, core in self._cores.items():
                self.texts[path] = core.run(f"cat {NUMBERS}")

    def end(self) -> None:
        self._over.set()
        self.shutdown()
        for thread in self._beside:
            thread.join(20)
        self.server_close()


class _Numbers(http.server.BaseHTTPRequestHandler):
    server: _Exporter

    def do_GET(self) -> None:  # noqa: N802, the library's name
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(f"{self.server.texts[self.path]}\n".encode())

    def log_message(self, *arguments: object) -> None:
        """Each second twice, which nobody would read."""
