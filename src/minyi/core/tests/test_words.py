# SPDX-License-Identifier: Apache-2.0
"""Words are put together as the reader's language puts them together."""

from django.utils.translation import override

from minyi.core.errors import DomainError


def test_a_refusal_is_told_in_one_line_in_either_language():
    with override("zh-hans"):
        assert DomainError().summary == (
            "无法办理：这项操作不符合当前的规则。请核对后再试；仍有疑问的，请联系主办单位。"
        )
    with override("en"):
        assert DomainError().summary == (
            "This cannot be done: The current rules do not allow this. Check and try again. "
            "If you still have questions, contact the organiser."
        )
