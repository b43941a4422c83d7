"""A stand-in for HashiCorp Vault: of its HTTP API what the library hvac asks of a KV engine (version 2)."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "hvs.Token-of-the-test"


class Vault:
    """secrets: by path, the versions of each, oldest first."""

    def __init__(self) -> None:
        self.secrets: dict[str, list[str]] = {}
        self.asked: list[str] = []
        vault = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                vault.asked.append(self.path)
                allowed = self.headers.get("X-Vault-Token") == TOKEN
                status, body = (
                    vault.answer(self.path) if allowed else (403, {"errors": ["permission denied"]})
                )
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, asked: str) -> tuple[int, dict[str, Any]]:
        url = urlsplit(asked)
        _empty, _v1, _mount, kind, *rest = url.path.split("/")
        versions = self.secrets.get("/".join(rest), [])
        number = int(parse_qs(url.query).get("version", ["0"])[0]) or len(versions)
        if not 0 < number <= len(versions):
            return 404, {"errors": []}
        if kind == "metadata":
            return 200, {"data": {"current_version": len(versions)}}
        return 200, {"data": {"data": {"password": versions[number - 1]}, "metadata": {"version": number}}}

    def __enter__(self) -> Vault:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
