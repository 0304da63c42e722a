# SPDX-License-Identifier: Apache-2.0
"""A laptop: embedded SQLite, the WeChat sandbox, readable logs. `minyi serve` sets the secrets."""

import os

os.environ.setdefault("MINYI_SECRET_KEY", "for-development-only-" + "0" * 40)
os.environ.setdefault("MINYI_TICKET_KEY", "for-development-only-ticket-key-" + "0" * 16)
os.environ.setdefault("MINYI_WITNESSES_MAY_BE_LOCAL", "true")
os.environ.setdefault("MINYI_VAULT_KEY", "for-development-only-vault-key-" + "0" * 16)
os.environ.setdefault("MINYI_LEDGER_KEY", "for-development-only-ledger-key-" + "0" * 16)
os.environ.setdefault("WECHAT_SANDBOX", "1")
os.environ.setdefault("MINYI_PUBLIC_URL", f"http://127.0.0.1:{os.environ.get('PORT', '8000')}")
os.environ.setdefault(
    "WECHAT_API_URL", f"http://127.0.0.1:{os.environ.get('SANDBOX_PORT', '8010')}"
)
os.environ.setdefault("WECHAT_OPEN_URL", os.environ["WECHAT_API_URL"])
os.environ.setdefault("WECHAT_MP_URL", os.environ["WECHAT_API_URL"])
os.environ.setdefault("MINYI_LOG_JSON", "0")

from .base import *  # noqa: F403

DEBUG = env.bool("MINYI_DEBUG", default=False)  # noqa: F405
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", "testserver"]
WECHAT_SECRETS = env.json("WECHAT_SECRETS", default={}) or {  # noqa: F405
    # The sandbox's own accounts: these open nothing outside this machine.
    "sandbox": {
        "secret": "sandbox-secret-not-for-production",
        "token": "sandboxtoken",
        "aes_key": "SandboxKeyForLocalDevelopmentOnly0123456789",
    },
    "sandbox-sub": {
        "secret": "sandbox-sub-secret-not-for-production",
        "token": "sandboxsubtoken",
        "aes_key": "SandboxSubKeyForLocalDevelopmentOnly0123456",
    },
}
