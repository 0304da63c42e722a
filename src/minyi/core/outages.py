# SPDX-License-Identifier: Apache-2.0
"""What services outside the process raise when they are away."""

from functools import cache

from django.conf import settings


@cache
def cache_errors() -> tuple[type[Exception], ...]:
    """Return what an unreachable cache raises; redis is loaded only where it is used."""
    if not settings.REDIS_URL:
        return (OSError,)
    from redis.exceptions import RedisError

    return (OSError, RedisError)
