# SPDX-License-Identifier: Apache-2.0
"""What services outside the process raise when they are away."""

from django.conf import settings


def cache_errors() -> tuple[type[Exception], ...]:
    """Return what an unreachable cache raises; redis is loaded only where it is used."""
    if "redis" not in settings.CACHES["default"]["BACKEND"]:
        return (OSError,)
    from redis.exceptions import RedisError

    return (OSError, RedisError)
