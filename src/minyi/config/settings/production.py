# SPDX-License-Identifier: Apache-2.0
"""Production: everything that differs comes from the environment (docs/how-to/operate.md)."""

from django.core.exceptions import ImproperlyConfigured

from .base import *  # noqa: F403

_SECRET_LENGTH = 32  # characters
for _name in ("MINYI_SECRET_KEY", "MINYI_TICKET_KEY", "MINYI_VAULT_KEY", "MINYI_LEDGER_KEY"):
    if len(env.str(_name)) < _SECRET_LENGTH:  # noqa: F405
        raise ImproperlyConfigured(
            f"{_name} has fewer than {_SECRET_LENGTH} characters. "
            f"Make one with: openssl rand -hex {_SECRET_LENGTH}"
        )
if VAULT_CIPHER not in ("AES-256-GCM", "SM4-GCM"):  # noqa: F405
    raise ImproperlyConfigured("MINYI_VAULT_CIPHER must be AES-256-GCM or SM4-GCM.")
if not env.str("MINYI_METRICS_TOKEN", default=""):  # noqa: F405
    # Behind a proxy every caller looks like this machine, and the counters tell the turnout.
    raise ImproperlyConfigured("MINYI_METRICS_TOKEN is missing: it guards /metrics.")

DEBUG = False
ALLOWED_HOSTS = env.list("MINYI_ALLOWED_HOSTS")  # noqa: F405
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]  # noqa: F405
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SECURE_SSL_REDIRECT = env.bool("MINYI_SSL_REDIRECT", default=True)  # noqa: F405
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600
# Without it everybody behind the proxy shares one address, and one lock-out.
AXES_CLIENT_IP_CALLABLE = "minyi.agencies.lockout.address_behind_proxies"
