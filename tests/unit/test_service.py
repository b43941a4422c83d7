"""The settings of ProxySQL's unit: where its log goes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, StrictUndefined

TEMPLATE = Path(__file__).resolve().parents[2] / "roles/proxysql/templates/service.conf.j2"
GIVEN: dict[str, Any] = {
    "options": ["--idle-threads", "--no-version-check"],
    "data_dir": "/var/lib/proxysql",
    "start_timeout": 20,
    "limit_nofile": 1024,
    "service_settings": {"UMask": "0027"},
    "start_before": [],
}


def unit(log: str, **more: Any) -> str:
    template = Environment(trim_blocks=True, undefined=StrictUndefined).from_string(
        TEMPLATE.read_text(encoding="utf-8")
    )
    return template.render(
        ansible_managed="Ansible",
        __proxysql_set={**GIVEN, "log": log, **more},
    )


@pytest.mark.parametrize("log", ["file", "journal"])
def test_it_has_one_program_with_all_its_options(log: str) -> None:
    text = unit(log)
    starts = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    assert len(starts) == 2 and not starts[0], "the vendor's is taken back first"
    program = "/usr/bin/proxysql -f -c /etc/proxysql.cnf --idle-threads --no-version-check $PROXYSQL_OPTS"
    assert program in starts[1] and text.endswith("UMask=0027\n")
    assert (">>/var/lib/proxysql/proxysql.log" in starts[1]) is (log == "file")
    assert ("StandardOutput=journal" in text) is (log == "journal")


def test_an_application_is_started_after_it() -> None:
    assert "Before" not in unit("file")
    text = unit("file", start_before=["shop.service", "worker@1.service"])
    head = text[: text.index("[Service]")]
    assert "[Unit]" in head and "\nBefore=shop.service worker@1.service\n" in head
    # what comes after waits for this
    assert "ExecStartPost=-/usr/bin/timeout 20 /bin/bash -c 'at=" in text
