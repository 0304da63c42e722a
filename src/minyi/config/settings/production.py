# SPDX-License-Identifier: Apache-2.0
"""Production: everything that differs comes from the environment (docs/how-to/operate.md)."""

from .base import *  # noqa: F403

DEBUG = False
ALLOWED_HOSTS = env.list("MINYI_ALLOWED_HOSTS")  # noqa: F405
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]  # noqa: F405
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = env.bool("MINYI_SSL_REDIRECT", default=True)  # noqa: F405
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
