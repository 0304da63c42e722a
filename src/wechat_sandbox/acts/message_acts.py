# SPDX-License-Identifier: Apache-2.0
"""What a citizen says to an account: words, pictures, sounds, places, links."""

from __future__ import annotations

from typing import Literal

from wechat_sandbox.accounts import Account
from wechat_sandbox.acts.delivering import Act, ActRefused, send_message
from wechat_sandbox.chats import Card
from wechat_sandbox.errors import ApiError
from wechat_sandbox.office.windows import Trigger
from wechat_sandbox.press.library import Media, MediaKind, new_key, new_media_id
from wechat_sandbox.press.media_checks import MEDIA_TYPES, TEMPORARY, check_media
from wechat_sandbox.push.envelope import Fields
from wechat_sandbox.state import Sandbox

MAX_TEXT = 2_000
MAX_LABEL = 200


SentKind = Literal["image", "voice", "video", "shortvideo"]


def send_text(sandbox: Sandbox, account: Account, number: int, content: str) -> Act:
    """Let a citizen write to an account that they follow."""
    check_may_write(sandbox, account, number)
    content = content.strip()
    if not content:
        raise ActRefused("empty_text")
    if len(content) > MAX_TEXT:
        raise ActRefused("text_too_long")
    _wrote(sandbox, account, number)
    sandbox.chat_of(account, number).add(
        at=sandbox.clock.now(), side="citizen", kind="text", text=content
    )
    return send_message(sandbox, account, number, "text", {"Content": content})


def tap_choice(sandbox: Sandbox, account: Account, number: int, bubble: int, choice: str) -> Act:
    """Let a citizen tap an item of a menu message: it is said as text, with the item's id."""
    check_may_write(sandbox, account, number)
    shown = sandbox.chat_of(account, number).find(bubble)
    found = next((one for one in shown.choices if one.id == choice), None) if shown else None
    if found is None:
        raise ActRefused("no_such_choice")
    # Counts as a tap on the menu, not as a message.
    _wrote(sandbox, account, number, "menu")
    sandbox.chat_of(account, number).add(
        at=sandbox.clock.now(), side="citizen", kind="text", text=found.content
    )
    fields: Fields = {"Content": found.content, "bizmsgmenuid": found.id}
    return send_message(sandbox, account, number, "text", fields)


def send_media(
    sandbox: Sandbox,
    account: Account,
    number: int,
    kind: SentKind,
    *,
    name: str,
    body: bytes,
) -> Act:
    """Let a citizen send a picture, a voice message or a video; the account keeps it three days."""
    check_may_write(sandbox, account, number)
    stored: MediaKind = "video" if kind == "shortvideo" else kind
    media = keep_media(sandbox, account, stored, name, body)
    return send_kept_media(sandbox, account, number, kind, media)


def send_kept_media(
    sandbox: Sandbox, account: Account, number: int, kind: SentKind, media: Media
) -> Act:
    """Let a citizen send what is already kept, as a picture after a tap on the menu."""
    fields: Fields = {"MediaId": media.media_id}
    if kind == "image":
        fields = {"PicUrl": media.url, **fields}
    elif kind == "voice":
        # WeChat no longer recognises the words.
        form = "amr" if "amr" in media.content_type else media.content_type.rpartition("/")[2]
        fields |= {"Format": form, "MediaId16K": media.media_id, "Recognition": ""}
    else:
        # The sandbox draws no cover: the film stands for it.
        fields["ThumbMediaId"] = media.media_id
    _wrote(sandbox, account, number)
    sandbox.chat_of(account, number).add(
        at=sandbox.clock.now(), side="citizen", kind=kind, media_id=media.media_id
    )
    return send_message(sandbox, account, number, kind, fields)


def send_location(
    sandbox: Sandbox,
    account: Account,
    number: int,
    *,
    latitude: float,
    longitude: float,
    label: str,
    scale: int = 16,
) -> Act:
    """Let a citizen send a place."""
    check_may_write(sandbox, account, number)
    check_place(latitude, longitude, label)
    _wrote(sandbox, account, number)
    card = Card(title=label, latitude=latitude, longitude=longitude)
    sandbox.chat_of(account, number).add(
        at=sandbox.clock.now(), side="citizen", kind="location", text=label, card=card
    )
    fields: Fields = {
        "Location_X": latitude,
        "Location_Y": longitude,
        "Scale": scale,
        "Label": label,
    }
    return send_message(sandbox, account, number, "location", fields)


def send_link(
    sandbox: Sandbox, account: Account, number: int, *, title: str, description: str, url: str
) -> Act:
    """Let a citizen pass on an article."""
    check_may_write(sandbox, account, number)
    if not title or not url.startswith(("http://", "https://")):
        raise ActRefused("bad_link")
    _wrote(sandbox, account, number)
    card = Card(title=title, description=description, url=url)
    sandbox.chat_of(account, number).add(
        at=sandbox.clock.now(), side="citizen", kind="link", text=title, card=card
    )
    fields: Fields = {"Title": title, "Description": description, "Url": url}
    return send_message(sandbox, account, number, "link", fields)


def send_mini_page(
    sandbox: Sandbox, account: Account, number: int, *, title: str, page: str
) -> Act:
    """Let a citizen send a card of the mini program into its customer service."""
    if account.kind != "MP":
        raise ActRefused("mini_program_only")
    _wrote(sandbox, account, number)
    card = Card(title=title, appid=account.appid, page=page)
    sandbox.chat_of(account, number).add(
        at=sandbox.clock.now(), side="citizen", kind="miniprogrampage", text=title, card=card
    )
    fields: Fields = {
        "Title": title,
        "AppId": account.appid,
        "PagePath": page,
        "ThumbUrl": "",
        "ThumbMediaId": "",
    }
    return send_message(sandbox, account, number, "miniprogrampage", fields)


def keep_media(
    sandbox: Sandbox, account: Account, kind: MediaKind, name: str, body: bytes
) -> Media:
    """Keep what a phone sent, under the account's temporary media; refuses what WeChat would."""
    try:
        found = check_media(body, TEMPORARY[kind])
    except ApiError as error:
        raise ActRefused("bad_media") from error
    key = new_key()
    media = Media(
        media_id=new_media_id(),
        appid=account.appid,
        kind=kind,
        name=name,
        content_type=MEDIA_TYPES[found],
        body=body,
        created_at=int(sandbox.clock.now()),
        key=key,
        url=f"{sandbox.settings.sandbox_url}/mmbiz/{key}/0",
    )
    sandbox.library.add_temporary(media)
    sandbox.library.show(media)
    return media


def check_may_write(sandbox: Sandbox, account: Account, number: int) -> None:
    """Refuse a citizen who does not follow; nobody follows a mini program."""
    if account.kind != "MP" and not sandbox.follow_of(account, number).subscribed:
        raise ActRefused("not_following")


def check_place(latitude: float, longitude: float, label: str) -> None:
    """Refuse a point that is on no map."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180) or len(label) > MAX_LABEL:
        raise ActRefused("bad_place")


def _wrote(sandbox: Sandbox, account: Account, number: int, trigger: Trigger = "message") -> None:
    now = sandbox.clock.now()
    sandbox.chat_of(account, number).wrote_at = now
    sandbox.relation_of(account, number).triggered(trigger, now)
