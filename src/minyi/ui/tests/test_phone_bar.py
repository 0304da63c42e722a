# SPDX-License-Identifier: Apache-2.0
"""In the sandbox alone, a page says to the phone around it what it is."""

from django.template.loader import render_to_string


def test_the_phone_is_named_in_the_sandbox_alone():
    script = "http://127.0.0.1:8010/open/js/jweixin-1.6.0.js"
    context = {"wechat_script": script, "in_sandbox": True}
    assert f'<meta name="minyi-phone" content="{script}">' in render_to_string(
        "ui/base.html", context
    )
    assert "minyi-phone" not in render_to_string("ui/base.html", context | {"in_sandbox": False})
