# SPDX-License-Identifier: Apache-2.0
"""Files: temporary media for three days, the permanent library, pictures for article bodies."""

from __future__ import annotations

import json
from pathlib import PurePath

from wechat_sandbox.accounts import Account
from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import OK, Answer, Binary, Call, Interface, Json, Upload
from wechat_sandbox.office.menus import flat_buttons
from wechat_sandbox.press.library import Media, MediaKind, new_key, new_media_id
from wechat_sandbox.press.media_checks import (
    MEDIA_TYPES,
    PERMANENT,
    TEMPORARY,
    check_body_picture,
    check_media,
    read_kind,
)
from wechat_sandbox.state import Sandbox

MAX_LISTED = 20
USED_ELSEWHERE = 48005
MAX_TITLE = 30  # of a permanent video, in characters


def upload_temporary(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/media/upload."""
    kind = read_kind(call.text("type"))
    upload = _upload(call)
    found = check_media(upload.body, TEMPORARY[kind])
    media = _stored(sandbox, call, upload, kind, found)
    sandbox.library.add_temporary(media)
    answer: Json = {"type": kind, "media_id": media.media_id, "created_at": media.created_at}
    if kind == "thumb":
        # The page says media_id, the platform has always sent this name; clients read either.
        answer["thumb_media_id"] = media.media_id
    return answer


def get_temporary(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /cgi-bin/media/get: the file itself, for a video the address of it."""
    media = sandbox.library.get_temporary(call.caller.appid, call.text("media_id"), call.now)
    if media.kind == "video":
        return {"video_url": _shown(sandbox, media)}
    return _file(media)


def get_voice(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /cgi-bin/media/get/jssdk; the sandbox re-encodes nothing."""
    media = sandbox.library.get_temporary(call.caller.appid, call.text("media_id"), call.now)
    if media.kind != "voice":
        raise ApiError(40007)
    return _file(media)


def upload_body_picture(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/media/uploadimg: an address for article bodies, outside the caps."""
    upload = _upload(call)
    media = _stored(sandbox, call, upload, "image", check_body_picture(upload.body))
    return {"url": _shown(sandbox, media)}


def add_permanent(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/material/add_material."""
    kind = read_kind(call.text("type"))
    upload = _upload(call)
    found = check_media(upload.body, PERMANENT[kind])
    title, introduction = _description(call) if kind == "video" else ("", "")
    media = _stored(sandbox, call, upload, kind, found, title=title, introduction=introduction)
    sandbox.library.add_permanent(media)
    if kind in ("image", "thumb"):
        return {"media_id": media.media_id, "url": media.url}
    return {"media_id": media.media_id}


def get_permanent(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/material/get_material."""
    media = sandbox.library.get_permanent(call.caller.appid, _media_id(call))
    if media.kind == "video":
        address = _shown(sandbox, media)
        return {"title": media.title, "description": media.introduction, "down_url": address}
    return _file(media)


def delete_permanent(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/material/del_material."""
    media_id = _media_id(call)
    sandbox.library.get_permanent(call.caller.appid, media_id)
    if _stands_in_menu(sandbox, call.caller, media_id):
        raise ApiError(USED_ELSEWHERE)
    sandbox.library.delete_permanent(call.caller.appid, media_id)
    return OK


def count_permanent(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /cgi-bin/material/get_materialcount.

    Drafts and published articles are counted by their own interfaces nowadays.
    """
    appid = call.caller.appid
    counts = {
        f"{kind}_count": sandbox.library.count(appid, kind) for kind in ("voice", "video", "image")
    }
    return {**counts, "news_count": 0}


def list_permanent(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/material/batchget_material."""
    offset, count = page_of(call)
    word = call.text("type")
    if word == "news":
        return {"total_count": 0, "item_count": 0, "item": []}
    kind = read_kind(word)
    if kind == "thumb":
        raise ApiError(40004)
    found = sandbox.library.list_permanent(call.caller.appid, kind)
    items = [_listed(sandbox, media) for media in found[offset : offset + count]]
    return {"total_count": len(found), "item_count": len(items), "item": items}


INTERFACES: dict[str, Interface] = {
    "/cgi-bin/media/upload": Interface(
        "POST", "token", upload_temporary, "temporary_media", body="multipart"
    ),
    "/cgi-bin/media/get": Interface("GET", "token", get_temporary, "temporary_media"),
    "/cgi-bin/media/get/jssdk": Interface("GET", "token", get_voice, "jssdk"),
    "/cgi-bin/media/uploadimg": Interface(
        "POST", "token", upload_body_picture, "materials", body="multipart"
    ),
    "/cgi-bin/material/add_material": Interface(
        "POST", "token", add_permanent, "materials", body="multipart"
    ),
    "/cgi-bin/material/get_material": Interface("POST", "token", get_permanent, "materials"),
    "/cgi-bin/material/del_material": Interface("POST", "token", delete_permanent, "materials"),
    "/cgi-bin/material/get_materialcount": Interface("GET", "token", count_permanent, "materials"),
    "/cgi-bin/material/batchget_material": Interface("POST", "token", list_permanent, "materials"),
}


def page_of(call: Call) -> tuple[int, int]:
    """Return offset and count of a list call; raises 40097 outside 0… and 1 to 20."""
    offset, count = call.whole("offset", 0), call.whole("count", error=40097)
    if offset < 0 or not 1 <= count <= MAX_LISTED:
        raise ApiError(40097)
    return offset, count


def _upload(call: Call) -> Upload:
    upload = call.uploads.get("media")
    if upload is None:
        raise ApiError(41005)
    return upload


def _stored(
    sandbox: Sandbox,
    call: Call,
    upload: Upload,
    kind: MediaKind,
    found: str,
    *,
    title: str = "",
    introduction: str = "",
) -> Media:
    key = new_key()
    form = MEDIA_TYPES[found].partition("/")[2]
    return Media(
        media_id=new_media_id(),
        appid=call.caller.appid,
        kind=kind,
        name=PurePath(upload.filename).name,
        content_type=MEDIA_TYPES[found],
        body=upload.body,
        created_at=int(call.now),
        key=key,
        # In the shape of WeChat's own addresses, which name the format.
        url=f"{sandbox.settings.sandbox_url}/mmbiz/{key}/0?wx_fmt={form}",
        title=title,
        introduction=introduction,
    )


def _shown(sandbox: Sandbox, media: Media) -> str:
    sandbox.library.show(media)
    return media.url


def _description(call: Call) -> tuple[str, str]:
    try:
        told = json.loads(call.text("description") or "{}")
    except ValueError as error:
        raise ApiError(47001) from error
    title = told.get("title") if isinstance(told, dict) else None
    if not isinstance(title, str) or not title:
        raise ApiError(40097, "description.title")
    if len(title) > MAX_TITLE:
        raise ApiError(45003)
    return title, str(told.get("introduction", ""))


def _media_id(call: Call) -> str:
    media_id = call.text("media_id")
    if not media_id:
        raise ApiError(40007)
    return media_id


def _stands_in_menu(sandbox: Sandbox, account: Account, media_id: str) -> bool:
    book = sandbox.of(account).menus
    menus = [*book.conditional, *([book.default] if book.default else [])]
    return any(
        button.get("media_id") == media_id
        for menu in menus
        for button in flat_buttons(menu.buttons)
    )


def _file(media: Media) -> Binary:
    # Named by its id, as WeChat does: an uploaded name may hold anything.
    form = media.content_type.partition("/")[2]
    return Binary(media.body, media.content_type, filename=f"{media.media_id}.{form}")


def _listed(sandbox: Sandbox, media: Media) -> Json:
    item: Json = {
        "media_id": media.media_id,
        "name": media.name,
        "update_time": media.created_at,
    }
    return {**item, "url": media.url} if media.kind == "image" else item
