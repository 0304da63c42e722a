# SPDX-License-Identifier: Apache-2.0
"""Tests: fast hashing, files in a temporary folder, the database named by DATABASE_URL."""

import atexit
import os
import shutil
import tempfile

_folder = tempfile.mkdtemp(prefix="minyi-test-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ.setdefault("MINYI_VAR_DIR", _folder)
os.environ.setdefault("MINYI_WITNESSES_MAY_BE_LOCAL", "true")
os.environ.setdefault("MINYI_LEDGER_KEY", "")  # a test that wants a public log asks for it

from .dev import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
AXES_ENABLED = False  # the lock-out test switches it on
CACHES["default"]["KEY_PREFIX"] = f"test-{os.getpid()}"  # noqa: F405 - runs may share one Redis
