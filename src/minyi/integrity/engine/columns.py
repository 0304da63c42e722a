# SPDX-License-Identifier: Apache-2.0
"""The columns of an event log, and what stands in for a column that is absent."""

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
SHANGHAI_MS = 8 * HOUR

NUMBERS = ("ts", "dwell_ms", "touch_n", "pv", "first_seen", "prior_n", "follow_ts")
TEXTS = (
    "event_id", "openid", "choices", "ip", "isp", "province", "city", "net", "dev", "model",
    "os", "osv", "wxver", "tls", "src", "ref",
)  # fmt: skip
REQUIRED = ("event_id", "ts", "choices")


class Refusal(Exception):
    """A file that cannot be scored: which, why, and what to do."""

    def __init__(self, file: str, reason: str, advice: str) -> None:
        super().__init__(f"{file}: {reason} {advice}")
        self.file, self.reason, self.advice = file, reason, advice
