"""The real server still has the metrics that were recorded, and no other kinds or labels of them."""

from __future__ import annotations

import json

from metrics import PATH, asked, parsed
from test_replay import target_real


def test_the_real_server_has_what_was_recorded() -> None:
    recorded = json.loads(PATH.read_text(encoding="utf-8"))["metrics"]
    found = asked(target_real())
    assert {name: found.get(name) for name in recorded} == recorded


def test_names_kinds_and_labels_are_kept() -> None:
    text = (
        "# HELP a_total Of a.\n# TYPE a_total counter\n"
        'a_total{status="ok",port="1"} 3\na_total{port="2",status="err"} 0\n'
        "# TYPE b summary\nb_sum 1\n"
    )
    assert parsed(text) == {
        "a_total": {"type": "counter", "labels": {"port": [], "status": ["err", "ok"]}},
        "b": {"type": "summary", "labels": {}},
    }
