# SPDX-License-Identifier: Apache-2.0
"""Tags and who carries them."""

from __future__ import annotations

from collections import Counter

from wechat_sandbox.accounts import Account
from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import OK, Answer, Call, Interface
from wechat_sandbox.interfaces.users import follower, page_of
from wechat_sandbox.office.relations import Relation
from wechat_sandbox.office.tags import MAX_PER_CITIZEN
from wechat_sandbox.state import Sandbox

BATCH = 50


def create(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/tags/create."""
    name = str(call.fields("tag").get("name", ""))
    return {"tag": {"id": sandbox.of(call.caller).tags.create(name), "name": name}}


def listing(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /cgi-bin/tags/get."""
    fans = _fans(sandbox, call.caller)
    names = sandbox.of(call.caller).tags.names()
    return {"tags": [{"id": one, "name": name, "count": fans[one]} for one, name in names.items()]}


def update(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/tags/update."""
    tag = call.fields("tag")
    sandbox.of(call.caller).tags.rename(_tag_id(tag.get("id")), str(tag.get("name", "")))
    return OK


def delete(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/tags/delete; whoever carried the tag loses it."""
    account, tag_id = call.caller, _tag_id(call.fields("tag").get("id"))
    sandbox.of(account).tags.delete(tag_id, _fans(sandbox, account)[tag_id])
    for relation in _relations(sandbox, account):
        if tag_id in relation.tag_ids:
            relation.tag_ids.remove(tag_id)
    return OK


def members(sandbox: Sandbox, call: Call) -> Answer:
    """Answer /cgi-bin/user/tag/get."""
    account, tag_id = call.caller, _tag_id(call.params.get("tagid"))
    sandbox.of(account).tags.check_known(tag_id)
    numbers = [
        number
        for number in sandbox.followers_of(account)
        if tag_id in sandbox.relation_of(account, number).tag_ids
    ]
    answer = page_of(account, numbers, call.text("next_openid"))
    del answer["total"]
    return answer


def tag_members(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/tags/members/batchtagging."""
    tag_id, relations = _batch(sandbox, call)
    wanting = [relation for relation in relations if tag_id not in relation.tag_ids]
    if any(len(relation.tag_ids) >= MAX_PER_CITIZEN for relation in wanting):
        raise ApiError(45059)
    for relation in wanting:
        relation.tag_ids.append(tag_id)
    return OK


def untag_members(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/tags/members/batchuntagging."""
    tag_id, relations = _batch(sandbox, call)
    for relation in relations:
        if tag_id in relation.tag_ids:
            relation.tag_ids.remove(tag_id)
    return OK


def tags_of(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/tags/getidlist."""
    number = follower(sandbox, call.caller, call.text("openid"))
    return {"tagid_list": list(sandbox.relation_of(call.caller, number).tag_ids)}


def _batch(sandbox: Sandbox, call: Call) -> tuple[int, list[Relation]]:
    account, tag_id = call.caller, _tag_id(call.params.get("tagid"))
    sandbox.of(account).tags.check_known(tag_id)
    openids = list(dict.fromkeys(call.texts("openid_list", error=40031)))
    if not 1 <= len(openids) <= BATCH:
        raise ApiError(40032)
    # All are looked up before the first is touched.
    numbers = [follower(sandbox, account, openid) for openid in openids]
    return tag_id, [sandbox.relation_of(account, number) for number in numbers]


def _tag_id(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
        return int(value)
    raise ApiError(45159)


def _relations(sandbox: Sandbox, account: Account) -> list[Relation]:
    return [one for (appid, _), one in sandbox.relations.items() if appid == account.appid]


def _fans(sandbox: Sandbox, account: Account) -> Counter[int]:
    return Counter(one for relation in _relations(sandbox, account) for one in relation.tag_ids)


INTERFACES: dict[str, Interface] = {
    "/cgi-bin/tags/create": Interface("POST", "token", create, "tags", daily=1_000),
    "/cgi-bin/tags/get": Interface("ANY", "token", listing, "tags", "optional", daily=1_000),
    "/cgi-bin/tags/update": Interface("POST", "token", update, "tags", daily=1_000),
    "/cgi-bin/tags/delete": Interface("POST", "token", delete, "tags", daily=1_000),
    "/cgi-bin/user/tag/get": Interface("ANY", "token", members, "tags", daily=1_000),
    "/cgi-bin/tags/members/batchtagging": Interface("POST", "token", tag_members, "tags"),
    "/cgi-bin/tags/members/batchuntagging": Interface("POST", "token", untag_members, "tags"),
    "/cgi-bin/tags/getidlist": Interface("POST", "token", tags_of, "tags"),
}
