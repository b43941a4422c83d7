"""Where each second of a run goes: the wall time of each task, from its start to that of the next.

Written to the file that WHERE_TIME_GOES names, as a list of [play, task, seconds].
"""

from __future__ import annotations

import json
import os
import time
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: where_time_goes
type: aggregate
short_description: Wall time of each task
description: [Wall time of each task.]
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "where_time_goes"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.spent: list[tuple[str, str, float]] = []
        # before the first: reading playbook and inventory
        self.now = ("", "what is before the first task", float(os.environ["WHERE_TIME_BEGAN"]))
        self.play = ""

    def _next(self, task: str) -> None:
        play, name, began = self.now
        self.spent.append((play, name, time.time() - began))
        self.now = (self.play, task, time.time())

    def v2_playbook_on_play_start(self, play: Any) -> None:
        self._next(f"what is before the first task of {play.get_name().strip()}")
        self.play = play.get_name().strip()

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:  # noqa: ARG002
        self._next(task.get_name().strip())

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self._next(task.get_name().strip())

    def v2_playbook_on_stats(self, stats: Any) -> None:  # noqa: ARG002
        self._next("")
        with open(os.environ["WHERE_TIME_GOES"], "w", encoding="utf-8") as stream:
            json.dump(self.spent, stream)
