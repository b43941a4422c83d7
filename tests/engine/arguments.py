"""What a module is given, in this process. ansible-core has this itself from 2.19 on."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:
    from unittest import mock

    @contextlib.contextmanager
    def patch_module_args(args: dict[str, Any] | None = None) -> Iterator[None]:
        data = json.dumps({"ANSIBLE_MODULE_ARGS": args or {}}).encode()
        with mock.patch("ansible.module_utils.basic._ANSIBLE_ARGS", data):
            yield


__all__ = ["patch_module_args"]
