# SPDX-License-Identifier: Apache-2.0
import json
import os
import socket
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from wechat_sandbox.accounts import BadAccount
from wechat_sandbox.cli import main
from wechat_sandbox.settings import settings_from_env
from wechat_sandbox.tests.given import ACCOUNT


def given_file(tmp_path: Path, rows: Any) -> dict[str, str]:
    path = tmp_path / "accounts.json"
    path.write_text(json.dumps(rows), "utf-8")
    return {"MINYI_SANDBOX_ACCOUNTS": str(path)}


def given_row(**changes: Any) -> dict[str, Any]:
    row = {
        name: value
        for name, value in asdict(ACCOUNT).items()
        if name not in ("callback_url", "oauth_domains", "ip_whitelist")
    }
    return row | changes


def test_without_any_setting_there_is_a_sample_account_of_each_kind():
    settings = settings_from_env({})
    account, subscription, program = settings.accounts
    assert (account.kind, subscription.kind, program.kind) == ("SVC", "SUB", "MP")
    assert (subscription.data_format, program.data_format) == ("xml", "json")
    assert (account.slug, account.appid, account.mode) == (
        "sandbox",
        "wx5a4d1e9c0b7f2e63",
        "secure",
    )
    assert account.callback_url == "http://127.0.0.1:8000/wechat/sandbox/callback"
    assert settings.sandbox_url == "http://127.0.0.1:8010"


def test_accounts_come_from_a_file_and_point_at_the_product(tmp_path: Path):
    rows = [given_row(), given_row(slug="b", appid="wxb", original_id="gh_b", ip_whitelist=["::1"])]
    env = given_file(tmp_path, rows) | {"MINYI_PUBLIC_URL": "http://127.0.0.1:9000/"}
    _, second = settings_from_env(env).accounts
    assert second.callback_url == "http://127.0.0.1:9000/wechat/b/callback"
    assert second.oauth_domains == ("127.0.0.1:9000",)
    assert second.ip_whitelist == ("::1",)


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ([], "at least one"),
        ({}, "at least one"),
        ([given_row(aes_key="short")], "aes_key"),
        ([given_row(mode="loud")], "mode"),
        ([given_row(callback_url="ftp://x")], "callback_url"),
        ([given_row(kind="APP")], "kind"),
        ([given_row(data_format="yaml")], "data_format"),
        ([given_row(data_format="json")], "mini programs"),
        ([given_row(colour="red")], "colour"),
        ([{"slug": "a"}], "appid"),
        ([given_row(), given_row()], "slug"),
    ],
)
def test_a_wrong_file_is_refused_and_the_field_named(tmp_path: Path, rows: Any, named: str):
    with pytest.raises(BadAccount, match=named):
        settings_from_env(given_file(tmp_path, rows))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (None, "No such file"),
        ("nope", "Expecting value"),
        ("[]", "at least one account"),
        ("[7]", "at least one account"),
        ('[{"slug": "x"}]', "missing"),
        ('[{"slug": "x", "colour": "red"}]', "unknown field: colour"),
    ],
)
def test_a_stranger_is_told_what_is_wrong_with_the_accounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str | None, said: str
):
    path = tmp_path / "accounts.json"
    if written is not None:
        path.write_text(written)
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.setattr(sys, "argv", ["minyi-sandbox", "--accounts", str(path)])
    with pytest.raises(SystemExit, match=f"the accounts cannot be read.*{said}"):
        main()


def test_a_port_in_use_is_named_instead_of_shared(monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        monkeypatch.setattr(os, "environ", {})
        monkeypatch.setattr(sys, "argv", ["minyi-sandbox", "--port", port])
        with pytest.raises(SystemExit, match=f"listens on 127.0.0.1:{port} already"):
            main()
