# SPDX-License-Identifier: Apache-2.0
"""Orders of the control plane about articles, mass messages, checks, figures and mini programs."""

from __future__ import annotations

import math
from collections.abc import Coroutine
from dataclasses import asdict
from typing import Any, get_args

from wechat_sandbox import people
from wechat_sandbox.accounts import Account
from wechat_sandbox.clock import china_day
from wechat_sandbox.control.base import (
    Asked,
    BadOrder,
    Order,
    View,
    read_account,
    read_citizen,
    read_whole,
)
from wechat_sandbox.interfaces.figures import TABLES
from wechat_sandbox.office import mini_users
from wechat_sandbox.office.minis import LABELS, RiskyWord, Suggest
from wechat_sandbox.press import masses, media_examination, publishing
from wechat_sandbox.press.jobs import JOB_KINDS, SUCCESS, Counts, Mass, PublishStatus
from wechat_sandbox.press.queueing import settle
from wechat_sandbox.press.readers import ONCE, OTHER_SOURCE, SOURCES, Page
from wechat_sandbox.push.sender import Delivery
from wechat_sandbox.state import Sandbox

_REFUSALS: tuple[PublishStatus, ...] = (2, 3, 4)
_TEXTS = ("很好的活动，支持！", "请问什么时候公布结果？", "建议增加线下投票点。", "已转发给邻居。")
_MAX_CROWD = 1_000_000
_MAX_DELAY_S = 86_400


async def _set_delay(sandbox: Sandbox, asked: Asked) -> Asked:
    kind, seconds = asked.get("kind"), asked.get("seconds")
    if kind not in JOB_KINDS:
        raise BadOrder("unknown_kind", f"kind: one of {', '.join(JOB_KINDS)}.")
    held = seconds is None
    if not held and not (isinstance(seconds, int | float) and 0 <= seconds <= _MAX_DELAY_S):
        raise BadOrder("bad_seconds", f"seconds: 0 to {_MAX_DELAY_S}, or null to wait for orders.")
    sandbox.jobs.delays[kind] = None if held else float(str(seconds))
    return {"delays": dict(sandbox.jobs.delays)}


async def _settle(sandbox: Sandbox, asked: Asked) -> Asked:
    deliveries = [await task for task in settle(sandbox)]
    return {"deliveries": [asdict(one) for one in deliveries]}


async def _approve_publish(sandbox: Sandbox, asked: Asked) -> Asked:
    return await _judge(sandbox, asked, 0)


async def _reject_publish(sandbox: Sandbox, asked: Asked) -> Asked:
    status = read_whole(asked.get("status", 4), "status")
    for refusal in _REFUSALS:
        if refusal == status:
            return await _judge(sandbox, asked, refusal)
    raise BadOrder("bad_status", "status: 2 originality, 3 failed, 4 refused by review.")


async def _judge(sandbox: Sandbox, asked: Asked, status: PublishStatus) -> Asked:
    publish = sandbox.jobs.publishes.get(str(asked.get("publish_id", "")))
    if publish is None:
        raise BadOrder("unknown_publish", "publish_id: an order to publish.")
    given = asked.get("fail_idx", [])
    fail_idx = tuple(read_whole(one, "fail_idx") for one in given) if given else ()
    if status and not fail_idx:
        fail_idx = tuple(range(1, len(publish.articles) + 1))
    return await _ended(publishing.judge(sandbox, publish, status=status, fail_idx=fail_idx))


async def _withdraw(sandbox: Sandbox, asked: Asked) -> Asked:
    """The owner (5) or the platform (6) takes published articles off the web."""
    issue = sandbox.readers.issues.get(str(asked.get("article_id", "")))
    if issue is None:
        raise BadOrder("unknown_article", "article_id: a published article.")
    status = read_whole(asked.get("status", publishing.PLATFORM_BANNED), "status")
    if status not in (publishing.OWNER_DELETED, publishing.PLATFORM_BANNED):
        raise BadOrder("bad_status", "status: 5 deleted by the owner, 6 banned.")
    ended: PublishStatus = 5 if status == publishing.OWNER_DELETED else 6
    publishing.withdraw(sandbox, issue, index=0, status=ended)
    return {"status": ended}


async def _set_mass_result(sandbox: Sandbox, asked: Asked) -> Asked:
    mass = _mass(sandbox, asked)
    status = str(asked.get("status", SUCCESS))
    counts = None
    if any(name in asked for name in ("total", "filtered", "sent", "error")):
        numbers = {
            name: read_whole(asked.get(name, 0), name)
            for name in ("total", "filtered", "sent", "error")
        }
        counts = Counts(**numbers)
    return await _ended(masses.set_result(sandbox, mass, status=status, counts=counts))


async def _confirm_mass(sandbox: Sandbox, asked: Asked) -> Asked:
    mass = _mass(sandbox, asked)
    account = sandbox.by_appid[mass.appid]
    decision = asked.get("decision", "allow")
    if decision == "allow":
        return {"confirmed": masses.confirm(sandbox, account, mass)}
    if decision == "refuse":
        return await _ended(masses.refuse(sandbox, account, mass))
    raise BadOrder("bad_decision", "decision: allow or refuse.")


async def _set_check_result(sandbox: Sandbox, asked: Asked) -> Asked:
    check = sandbox.jobs.checks.get(str(asked.get("trace_id", "")))
    if check is None:
        raise BadOrder("unknown_check", "trace_id: a picture or recording under examination.")
    suggest, label = _verdict(asked)
    return await _ended(media_examination.set_verdict(sandbox, check, suggest=suggest, label=label))


async def _set_word(sandbox: Sandbox, asked: Asked) -> Asked:
    word = str(asked.get("word", ""))
    if not word:
        raise BadOrder("no_word", "word: what the content check shall find.")
    suggest, label = _verdict(asked)
    sandbox.minis.words = [one for one in sandbox.minis.words if one.word != word]
    if suggest != "pass":
        sandbox.minis.words.append(RiskyWord(word, suggest, label))
    return {"words": [asdict(one) for one in sandbox.minis.words]}


async def _sow_comments(sandbox: Sandbox, asked: Asked) -> Asked:
    page = _page(sandbox, asked)
    count = read_whole(asked.get("count", 1), "count")
    if not 1 <= count <= 1_000:
        raise BadOrder("bad_count", "count: 1 to 1000.")
    first = read_whole(asked.get("citizen", 1), "citizen")
    now = sandbox.clock.now()
    for place in range(count):
        number = (first + place - 1) % people.MAX_CITIZENS + 1
        words = str(asked.get("content") or _TEXTS[place % len(_TEXTS)])
        openid = people.openid_of(page.appid, number)
        page.add_comment(number=number, openid=openid, content=words, now=now)
        page.on(china_day(now)).comments += 1
    return {"comments": len(page.comments)}


async def _sow_readers(sandbox: Sandbox, asked: Asked) -> Asked:
    """Let a crowd read an article without drawing each of them."""
    page = _page(sandbox, asked)
    tally = page.on(china_day(sandbox.clock.now()))
    source = asked.get("source", OTHER_SOURCE)
    if source not in SOURCES:
        raise BadOrder("unknown_source", f"source: one of {', '.join(SOURCES)}.")
    tally.sown_reads[source] += _crowd(asked, "read_user")
    for name in ONCE:
        tally.sown[name] += _crowd(asked, name)
    return {"reads": page.reads, **{name: page.total(name) for name in ONCE}}


async def _sow_figures(sandbox: Sandbox, asked: Asked) -> Asked:
    """Add rows to a table of figures; each row names its day as ref_date."""
    account = read_account(sandbox, asked)
    table, rows = str(asked.get("table", "")), asked.get("rows")
    if table not in TABLES:
        raise BadOrder("unknown_table", f"table: one of {', '.join(TABLES)}.")
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and isinstance(row.get("ref_date"), str) for row in rows
    ):
        raise BadOrder("bad_rows", "rows: a list of objects, each with ref_date.")
    sown = sandbox.readers.sown.setdefault((account.appid, table), [])
    sown += rows
    return {"rows": len(sown)}


async def _enter_mini(sandbox: Sandbox, asked: Asked) -> Asked:
    """Let a citizen open the mini program: wx.login gives a code."""
    account, number = _mini(sandbox, asked), read_citizen(asked)
    now = sandbox.clock.now()
    return {"js_code": sandbox.minis.issue_code("login", account.appid, number, now)}


async def _give_phone(sandbox: Sandbox, asked: Asked) -> Asked:
    """Let a citizen allow their phone number: a code, and the older sealed form."""
    account, number, now = _mini(sandbox, asked), read_citizen(asked), sandbox.clock.now()
    sealed = mini_users.seal_phone(sandbox, account, number, now)
    code = sandbox.minis.issue_code("phone", account.appid, number, now)
    return {"code": code, "encryptedData": sealed.encrypted_data, "iv": sealed.iv}


async def _give_profile(sandbox: Sandbox, asked: Asked) -> Asked:
    """Let a citizen allow their profile, sealed with the session key."""
    account, number = _mini(sandbox, asked), read_citizen(asked)
    sealed = mini_users.seal_profile(sandbox, account, number, sandbox.clock.now())
    return {
        "encryptedData": sealed.encrypted_data,
        "iv": sealed.iv,
        "rawData": sealed.raw_data,
        "signature": sealed.signature,
    }


async def _set_rank(sandbox: Sandbox, asked: Asked) -> Asked:
    account, number = _mini(sandbox, asked), read_citizen(asked)
    rank = read_whole(asked.get("rank"), "rank")
    if not 0 <= rank <= 4:
        raise BadOrder("bad_rank", "rank: 0 to 4.")
    sandbox.minis.ranks[account.appid, number] = rank
    return {"rank": rank}


async def _set_pages(sandbox: Sandbox, asked: Asked) -> Asked:
    account, pages = _mini(sandbox, asked), asked.get("pages", [])
    if not isinstance(pages, list):
        raise BadOrder("bad_pages", "pages: a list of paths; empty: every page exists.")
    sandbox.minis.pages[account.appid] = tuple(str(page) for page in pages)
    return {"pages": pages}


def _jobs(sandbox: Sandbox, asked: Asked) -> Asked:
    return {
        "delays": dict(sandbox.jobs.delays),
        "waiting": [
            {
                "kind": job.kind,
                "key": job.key,
                "account": sandbox.by_appid[job.appid].slug,
                "title": job.title,
                "due_at": None if math.isinf(job.due_at) else job.due_at,
            }
            for job in sandbox.jobs.waiting()
        ],
        "publishes": [
            {
                "publish_id": one.publish_id,
                "status": one.status,
                "msg_data_id": one.msg_data_id,
                "article_id": one.article_id,
            }
            for one in sandbox.jobs.publishes.values()
        ],
        "masses": [
            {
                "msg_id": one.msg_id,
                "state": one.state,
                "status": one.status,
                "is_unconfirmed": one.is_unconfirmed,
                **asdict(one.counts),
            }
            for one in sandbox.jobs.masses.values()
        ],
        "checks": [asdict(one) for one in sandbox.jobs.checks.values()],
    }


def _articles(sandbox: Sandbox, asked: Asked) -> Asked:
    return {
        "articles": [
            {
                "account": sandbox.by_appid[issue.appid].slug,
                "article_id": issue.article_id,
                "msg_data_id": issue.msg_data_id,
                "index": page.index,
                "title": page.article["title"],
                "url": page.url,
                "is_mass": issue.is_mass,
                "is_deleted": page.is_deleted,
                "reads": page.reads,
                "comments": len(page.comments),
            }
            for issue in sandbox.readers.issues.values()
            for page in issue.pages
        ]
    }


ORDERS: dict[str, Order] = {
    "jobs/delay": _set_delay,
    "jobs/settle": _settle,
    "publish/approve": _approve_publish,
    "publish/reject": _reject_publish,
    "publish/withdraw": _withdraw,
    "mass/result": _set_mass_result,
    "mass/confirm": _confirm_mass,
    "check/result": _set_check_result,
    "check/word": _set_word,
    "comments/sow": _sow_comments,
    "readers/sow": _sow_readers,
    "figures/sow": _sow_figures,
    "mini/enter": _enter_mini,
    "mini/phone": _give_phone,
    "mini/profile": _give_profile,
    "mini/rank": _set_rank,
    "mini/pages": _set_pages,
}
VIEWS: dict[str, View] = {"jobs": _jobs, "articles": _articles}


async def _ended(act: Coroutine[Any, Any, Delivery] | None) -> Asked:
    if act is None:
        raise BadOrder("not_waiting", "This job is not waiting any more.")
    return asdict(await act)


def _mass(sandbox: Sandbox, asked: Asked) -> Mass:
    mass = sandbox.jobs.masses.get(read_whole(asked.get("msg_id"), "msg_id"))
    if mass is None:
        raise BadOrder("unknown_mass", "msg_id: a mass message.")
    return mass


def _page(sandbox: Sandbox, asked: Asked) -> Page:
    issue = sandbox.readers.issues.get(str(asked.get("article_id", "")))
    index = read_whole(asked.get("index", 0), "index")
    if issue is None or not 0 <= index < len(issue.pages):
        raise BadOrder("unknown_article", "article_id and index (from 0): a published article.")
    return issue.pages[index]


def _mini(sandbox: Sandbox, asked: Asked) -> Account:
    slugs = [one.slug for one in sandbox.accounts if one.kind == "MP"]
    if not slugs:
        raise BadOrder("no_mini_program", "No mini program is set up here.")
    account = read_account(sandbox, {"account": slugs[0], **asked})
    if account.kind != "MP":
        raise BadOrder("no_mini_program", f"account: one of {', '.join(slugs)}.")
    return account


def _verdict(asked: Asked) -> tuple[Suggest, int]:
    label = read_whole(asked.get("label", 21000), "label")
    for suggest in get_args(Suggest):
        if suggest == asked.get("suggest", "risky") and label in LABELS:
            return suggest, label
    raise BadOrder("bad_verdict", f"suggest: pass, review, risky; label: one of {LABELS}.")


def _crowd(asked: Asked, name: str) -> int:
    count = read_whole(asked.get(name, 0), name)
    if not 0 <= count <= _MAX_CROWD:
        raise BadOrder("bad_count", f"{name}: 0 to {_MAX_CROWD}.")
    return count
