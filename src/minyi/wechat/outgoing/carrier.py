# SPDX-License-Identifier: Apache-2.0
"""Carry one message to WeChat: the last step, and the only one that leaves this house."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from ..client.fields import KINDS, kind_of, most_for
from ..connection.line import the_line
from ..queries import Account
from . import ways

LONGEST_TEXT = 2048  # bytes of a customer-service text [R]
# What stands in a field of words that has nothing to say: an empty one is refused (47003). A kind
# that is not here holds a number, a date or a code: it has no such word, and cut it would be wrong.
_NOTHING: Mapping[str, str] = {"thing": "—", "phrase": "无", "name": "无"}
_ENDS_IN_DOTS = "thing"  # the other two take letters alone
SEND_PATHS = frozenset(
    {
        "/cgi-bin/message/custom/send",
        "/cgi-bin/message/subscribe/bizsend",
        "/cgi-bin/message/template/send",
    }
)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message, ready for its way. `client_msg_id` is the same each time it is tried."""

    account: Account
    channel: str
    openid: str
    text: str
    url: str
    is_ai: bool
    client_msg_id: str
    template_id: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


class Carrier(Protocol):
    """What takes parcels to WeChat."""

    def carry(self, parcel: Parcel) -> str:
        """Return WeChat's number for the message, if it gives one; raise api_errors."""


class LineCarrier:
    """The real one, over this process's line."""

    def carry(self, parcel: Parcel) -> str:
        """Send by customer service, as a subscription notice or with a template."""
        if parcel.channel == ways.SERVICE:
            return self._serve(parcel)
        if parcel.channel == ways.SUBSCRIPTION:
            return self._subscribe(parcel)
        return self._template(parcel)

    def _serve(self, parcel: Parcel) -> str:
        the_line().call(
            parcel.account,
            lambda client: client.service.send_text(
                openid=parcel.openid, content=chat_text(parcel), is_ai=parcel.is_ai
            ),
        )
        return ""

    def _subscribe(self, parcel: Parcel) -> str:
        the_line().call(
            parcel.account,
            lambda client: client.subscriptions.send(
                openid=parcel.openid,
                template_id=parcel.template_id,
                page=parcel.url,
                values=parcel.fields,
            ),
        )
        return ""

    def _template(self, parcel: Parcel) -> str:
        number = the_line().call(
            parcel.account,
            lambda client: client.templates.send(
                openid=parcel.openid,
                template_id=parcel.template_id,
                url=parcel.url,
                values=parcel.fields,
                client_msg_id=parcel.client_msg_id,
            ),
        )
        return str(number)


def chat_text(parcel: Parcel) -> str:
    """Return the text of a chat message: what is to be said, then the link."""
    return with_link(parcel.text, parcel.url)


def with_link(text: str, url: str, *, room: int = LONGEST_TEXT) -> str:
    """Return a text with its link behind it, cut so that both fit into so many bytes."""
    with translation.override(settings.LANGUAGE_CODE):
        more = _("查看详情")
        link = f'\n<a href="{url}">{more}</a>' if url else ""
    room -= len(link.encode())
    if len(text.encode()) > room:
        text = text.encode()[: room - 3].decode(errors="ignore") + "…"
    return text + link


def fill_fields(fields: Mapping[str, str], facts: Mapping[str, object]) -> dict[str, str]:
    """Put the facts into a template's fields, shortened to what each kind of field takes."""
    return {name: _fitted(name, str(facts.get(fact, ""))) for name, fact in fields.items()}


def _fitted(name: str, value: str) -> str:
    """Shorten words; leave everything else as it is, so that the client says which field is wrong.

    A field without a kind of WeChat's list is of an old template: it takes anything but nothing.
    """
    value, kind = " ".join(value.split()), kind_of(name)
    if kind not in _NOTHING:
        return value if kind in KINDS else value or "—"
    value = value or _NOTHING[kind]
    most = most_for(name, value)
    if most is None or len(value) <= most:
        return value
    return value[: most - 1] + "…" if kind == _ENDS_IN_DOTS else value[:most].rstrip()
