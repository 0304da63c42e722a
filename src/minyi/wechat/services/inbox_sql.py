# SPDX-License-Identifier: Apache-2.0
"""The statements of the inbox. Each takes one JSON text: an array of rows, each an array."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL over rows `r` whose columns, with their PostgreSQL types, are named here."""

    columns: Sequence[tuple[str, str]]
    text: str

    def for_(self, vendor: str) -> str:
        """Return the statement in the dialect of that database."""
        if vendor == "postgresql":
            read = ", ".join(
                f"(value ->> {place})::{kind} AS {name}"
                for place, (name, kind) in enumerate(self.columns)
            )
            rows = f"SELECT {read}, ordinality AS place FROM jsonb_array_elements(%s::jsonb)"  # noqa: S608 - constants above
            rows += " WITH ORDINALITY AS t(value, ordinality)"
        else:
            read = ", ".join(
                f"json_extract(value, '$[{place}]') AS {name}"
                for place, (name, _kind) in enumerate(self.columns)
            )
            rows = f"SELECT {read}, key AS place FROM json_each(%s)"  # noqa: S608 - constants above
        return f"WITH r AS ({rows})\n{self.text}"


CALLS_AFTER = 2  # messages in a row that no answer fitted: then a person is called

_WHO = (("account_id", "bigint"), ("openid", "text"), ("at", "timestamptz"))

FIND_MESSAGES = Statement(
    (("identity", "text"),),
    "SELECT m.identity FROM r JOIN wechat_chatmessage AS m ON m.identity = r.identity",
)

ADD_CONTACTS = Statement(
    (*_WHO, ("is_following", "boolean"), ("scene", "text")),
    """
INSERT INTO wechat_contact
       (account_id, openid, last_seen_at, is_following, scene, remark, tags, is_blocked,
        window_kind, window_left)
SELECT account_id, openid, at, is_following, scene, '', '[]', false, '', 0
  FROM r WHERE true
ON CONFLICT (account_id, openid) DO UPDATE SET last_seen_at = excluded.last_seen_at
""",
)

# A new trigger counts, unless the window that is open has at least as much left (outgoing.windows).
# Whoever opens one follows the account, even if we never heard so: only followers can.
# `since_long` and `since_short` are the moments since when a window would still be open.
OPEN_WINDOWS = Statement(
    (
        *_WHO,
        ("kind", "text"),
        ("messages", "integer"),
        ("since_long", "timestamptz"),
        ("since_short", "timestamptz"),
    ),
    """
UPDATE wechat_contact
   SET window_kind = r.kind, window_at = r.at, window_left = r.messages,
       is_following = (wechat_contact.is_following OR wechat_contact.left_at IS NULL
                       OR wechat_contact.left_at < r.at)
  FROM r
 WHERE wechat_contact.account_id = r.account_id AND wechat_contact.openid = r.openid
   AND (r.kind = 'message'
        OR wechat_contact.window_left < r.messages
        OR wechat_contact.window_at IS NULL
        OR wechat_contact.window_at <= CASE wechat_contact.window_kind
                                       WHEN 'message' THEN r.since_long ELSE r.since_short END)
""",
)

ADD_CONVERSATIONS = Statement(
    _WHO,
    """
INSERT INTO wechat_conversation
       (contact_id, state, last_at, last_text, unread, unanswered)
SELECT c.id, 'robot', r.at, '', 0, 0
  FROM r
  JOIN wechat_contact AS c ON c.account_id = r.account_id AND c.openid = r.openid
 WHERE true
ON CONFLICT (contact_id) DO NOTHING
""",
)

# `missed_first` counts what no answer fitted before the batch's first fitting one, `missed_last`
# what came after its last; what was missed before counts as well.
_CALLED = f"""(wechat_conversation.state = 'robot' AND (r.calls
        OR (r.missed_first > 0
            AND wechat_conversation.unanswered + r.missed_first >= {CALLS_AFTER})))"""
CHANGE_CONVERSATIONS = Statement(
    (
        *_WHO,
        ("last_text", "text"),
        ("unread", "integer"),
        ("missed_first", "integer"),
        ("missed_last", "integer"),
        ("was_answered", "boolean"),
        ("calls", "boolean"),
    ),
    f"""
UPDATE wechat_conversation
   SET last_at = r.at,
       last_text = r.last_text,
       unread = wechat_conversation.unread + r.unread,
       unanswered = CASE WHEN r.was_answered THEN r.missed_last
                         ELSE wechat_conversation.unanswered + r.missed_first END,
       waiting_since = CASE WHEN {_CALLED} THEN r.at ELSE wechat_conversation.waiting_since END,
       state = CASE WHEN {_CALLED} THEN 'waiting' ELSE wechat_conversation.state END
  FROM r
  JOIN wechat_contact AS c ON c.account_id = r.account_id AND c.openid = r.openid
 WHERE wechat_conversation.contact_id = c.id
""",  # noqa: S608 - constants above
)

ADD_MESSAGES = Statement(
    (
        *_WHO,
        *(("direction", "text"), ("kind", "text"), ("said", "text"), ("media_id", "text")),
        *(("identity", "text"), ("author_kind", "text"), ("is_ai", "boolean"), ("state", "text")),
    ),
    """
INSERT INTO wechat_chatmessage
       (conversation_id, direction, kind, text, media_id, identity, sent_at, author_kind, is_ai,
        state, reason)
SELECT v.id, r.direction, r.kind, r.said, r.media_id, r.identity, r.at, r.author_kind, r.is_ai,
       r.state, ''
  FROM r
  JOIN wechat_contact AS c ON c.account_id = r.account_id AND c.openid = r.openid
  JOIN wechat_conversation AS v ON v.contact_id = c.id
 ORDER BY r.place
ON CONFLICT (identity) DO NOTHING
""",
)

# How many called before them, in the same account, and wait as well.
FIND_PLACES = Statement(
    _WHO,
    """
SELECT c.account_id, c.openid,
       (SELECT count(*)
          FROM wechat_conversation AS other
          JOIN wechat_contact AS o ON o.id = other.contact_id
         WHERE other.state = 'waiting' AND o.account_id = c.account_id
           AND other.waiting_since < v.waiting_since)
  FROM r
  JOIN wechat_contact AS c ON c.account_id = r.account_id AND c.openid = r.openid
  JOIN wechat_conversation AS v ON v.contact_id = c.id
""",
)

FIND_STATES = Statement(
    _WHO,
    """
SELECT c.account_id, c.openid, v.state, v.waiting_since = r.at
  FROM r
  JOIN wechat_contact AS c ON c.account_id = r.account_id AND c.openid = r.openid
  JOIN wechat_conversation AS v ON v.contact_id = c.id
""",
)
