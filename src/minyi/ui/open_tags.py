# SPDX-License-Identifier: Apache-2.0
"""WeChat's own button inside our pages (`wx-open-subscribe`), as far as its looks go.

What WeChat draws stands in a tree of its own that our stylesheets do not reach: the style must lie
inside the tag. The pages' policy lets exactly this text through, by its hash.
"""

from base64 import b64encode
from hashlib import sha256

BUTTON_STYLE = (
    ".mi-open-button{box-sizing:border-box;width:100%;min-height:48px;padding:10px 16px;"
    "border:0;border-radius:6px;background:#126073;color:#fff;font:inherit;font-weight:600;"
    "line-height:1.5;cursor:pointer}"
    ".mi-open-button:active{background:#0e4d5d}"
    ".mi-open-button:focus-visible{outline:3px solid #b4570a;outline-offset:2px}"
)


def policy_source(style: str = BUTTON_STYLE) -> str:
    """Return the source expression that allows this style and no other."""
    return f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'"
