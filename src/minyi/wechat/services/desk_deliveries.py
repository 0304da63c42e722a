# SPDX-License-Identifier: Apache-2.0
"""What became of the desk's answers, told in the conversation as the outbox learns it."""

from minyi.wechat.models import ChatMessage, Outgoing
from minyi.wechat.outgoing.purposes import DESK_REPLY
from minyi.wechat.queries.threads import message_state


def note_delivery(outgoing: Outgoing) -> None:
    """Write the state of an answer of the desk beside its words; other messages have no place."""
    if outgoing.purpose != DESK_REPLY.key:
        return
    rows = ChatMessage.objects.filter(
        identity=outgoing.key, conversation__contact__account=outgoing.account_id
    )
    rows.update(state=message_state(outgoing), reason=outgoing.reason)
