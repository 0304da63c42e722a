# SPDX-License-Identifier: Apache-2.0
"""Client and sandbox speak of the same interfaces and the same error codes."""

import re
from pathlib import Path

import pytest

from minyi.wechat import client
from minyi.wechat.client.api_errors import ApiError, error_of
from wechat_sandbox.errors import MESSAGES
from wechat_sandbox.interfaces import INTERFACES
from wechat_sandbox.interfaces.figures import RETIRED

_PATH = re.compile(r'f?"(/(?:cgi-bin|wxa|wxaapi|sns|datacube|customservice)/[^"?]*)"')
NOT_ASKED = {
    "/cgi-bin/showqrcode",  # a picture for anybody: the client tells its address
    "/customservice/msgrecord/getmsglist",  # the platform keeps its conversations itself
    *(f"/datacube/{name}" for name in RETIRED),
}


def asked_paths() -> set[str]:
    """Return the paths in the client's source; a part in braces stands for any verb."""
    sources = Path(client.__file__).parent.glob("*.py")
    return {path for source in sources for path in _PATH.findall(source.read_text())}


def fits(asked: str, path: str) -> bool:
    parts = (re.escape(part) for part in re.split(r"\{[^}]*\}", asked))
    return re.fullmatch("[a-z/]+".join(parts), path) is not None


def test_the_sandbox_answers_every_interface_the_client_asks():
    asked = asked_paths()
    assert len(asked) > 100
    assert [one for one in asked if not any(fits(one, path) for path in INTERFACES)] == []


def test_the_client_offers_every_interface_the_sandbox_answers():
    asked = asked_paths()
    unasked = {path for path in INTERFACES if not any(fits(one, path) for one in asked)}
    assert unasked == NOT_ASKED


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_every_code_the_sandbox_sends_has_a_class_in_the_client(code: int):
    assert type(error_of("/x", code=code, message="")) is not ApiError
