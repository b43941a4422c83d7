"""A value of Vault's KV engine, as community.hashi_vault reads it: by the library hvac."""

from __future__ import annotations

import os
from typing import Any

import hvac
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: Any = None, version: int = 0, **_: Any) -> list[str]:
        """version: that of the secret; below 1 it is counted from the newest."""
        kv = hvac.Client(url=os.environ["VAULT_ADDR"], token=os.environ["VAULT_TOKEN"]).secrets.kv.v2
        found = []
        for path in terms:
            number = version
            if version < 0:
                number += kv.read_secret_metadata(path)["data"]["current_version"]
            answer = kv.read_secret_version(path, version=number or None, raise_on_deleted_version=True)
            found.append(answer["data"]["data"]["password"])
        return found
