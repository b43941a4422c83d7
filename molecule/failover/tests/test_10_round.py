"""A round of faults, short without FULL=1; `make chaos` does a long one."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from chaos import Chaos
from faults import BY_NAME
from helpers import full

# Twice what is expected of a calm machine, for this one may be busy: seconds without a login.
LIMITS = {
    "all of ProxySQL killed": 0.6,
    "service stopped": 0.4,
    "hang (SIGSTOP)": 1.6,
    "PROXYSQL PAUSE": 1.6,
    "host killed": 2.0,
    "network cut": 2.0,
    "keepalived killed": 0.4,
}


SHORT = {"all of ProxySQL killed", "hang (SIGSTOP)", "network cut", "keepalived killed"}


@pytest.mark.parametrize(
    "name", [name if name in SHORT else pytest.param(name, marks=full) for name in LIMITS]
)
def test_fault(chaos: Chaos, name: str, record_property: Callable[[str, object], None]) -> None:
    trial = chaos.run(BY_NAME[name])
    record_property(name, trial)
    assert trial.problems == []
    assert trial.lost == 0
    assert trial.seen.gap < LIMITS[name], f"{trial}; load of this machine {os.getloadavg()[0]:.1f}"
