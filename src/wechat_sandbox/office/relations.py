# SPDX-License-Identifier: Apache-2.0
"""What an account keeps about one citizen beside the following itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from wechat_sandbox.office.windows import Trigger, Window


@dataclass(slots=True)
class Relation:
    """Remark, tags, black list, and how much the account may write now."""

    remark: str = ""
    tag_ids: list[int] = field(default_factory=list)
    is_blocked: bool = False  # by the account: nothing goes either way
    refuses: bool = False  # by the citizen: «receive messages» is switched off
    window: Window = field(default_factory=Window)

    def triggered(self, trigger: Trigger, now: float) -> None:
        """Open the window anew after something the citizen did."""
        self.window = self.window.after(trigger, now)

    def forget_following(self) -> None:
        """Drop what ends with the following; the black list stays."""
        self.remark = ""
        self.tag_ids.clear()
        self.window = Window()
