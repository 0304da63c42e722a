# SPDX-License-Identifier: Apache-2.0
"""Every way the ballot box can say no: one table of code, status, sentence and what to do next."""

import gettext
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LOCALE_DIR = Path(__file__).parent / "locale"
SOURCE_LANGUAGE = "zh-hans"


def gettext_noop(message: str) -> str:
    """Mark a message for translation and return it unchanged."""
    return message


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row of the table; the texts are Chinese msgids with %(fact)s places."""

    code: str
    status: int
    title: str
    sentence: str
    action: str
    retry_after_s: int | None = None


class Refused(Exception):
    """The ballot box said no; `facts` fill the places of the sentence."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts: Mapping[str, object] = facts


_GO_BACK = gettext_noop("请返回投票页面，重新提交选票。")
_OPEN_AGAIN = gettext_noop("请返回活动页面，重新进入投票页面后再提交。")
_PICK_AGAIN = gettext_noop("请返回投票页面，调整选择后重新提交。")
_TRY_LATER = gettext_noop("请稍候几秒后再次提交。您的选择仍保留在页面上，重复提交不会重复计票。")

TABLE: Mapping[str, Refusal] = {
    refusal.code: refusal
    for refusal in (
        Refusal(
            "ticket_missing",
            401,
            gettext_noop("缺少投票凭证"),
            gettext_noop("本次提交没有附带投票凭证，无法确认投票资格。"),
            _OPEN_AGAIN,
        ),
        Refusal(
            "ticket_forged",
            403,
            gettext_noop("投票凭证无效"),
            gettext_noop("投票凭证不是由本平台签发，或者内容已被改动。"),
            _OPEN_AGAIN,
        ),
        Refusal(
            "ticket_expired",
            403,
            gettext_noop("投票凭证已过期"),
            gettext_noop("投票页面打开的时间过长，投票凭证已经失效。"),
            _OPEN_AGAIN,
        ),
        Refusal(
            "ticket_other_session",
            403,
            gettext_noop("投票凭证与当前登录不符"),
            gettext_noop("投票凭证只能由领取它的微信用户在原浏览器中使用。"),
            gettext_noop("请在微信中重新打开活动页面，登录后再提交。"),
        ),
        Refusal(
            "ticket_other_round",
            409,
            gettext_noop("投票凭证属于其他投票"),
            gettext_noop("投票凭证与所提交的投票不是同一场。"),
            _OPEN_AGAIN,
        ),
        Refusal(
            "work_needed",
            428,
            gettext_noop("需要安全验证"),
            gettext_noop(
                "这次提交需要浏览器先完成一次安全验证，但没有附带验证结果。选票没有计入。"
            ),
            gettext_noop(
                "请在公众号的对话框中发送“投票”，按提示用号码投票，那里不需要验证；"
                "或者开启浏览器的脚本（JavaScript）后，重新进入投票页面。"
            ),
        ),
        Refusal(
            "work_wrong",
            403,
            gettext_noop("安全验证结果不符"),
            gettext_noop("附带的验证结果不属于这张投票凭证，或者已被改动。选票没有计入。"),
            _OPEN_AGAIN,
        ),
        Refusal(
            "round_unknown",
            404,
            gettext_noop("没有这场投票"),
            gettext_noop("没有找到这场投票，它可能已被撤下。"),
            gettext_noop("请返回首页，查看正在进行的活动。"),
        ),
        Refusal(
            "not_started",
            409,
            gettext_noop("投票尚未开始"),
            gettext_noop("本场投票将于 %(opens_at)s 开始。"),
            gettext_noop("请在投票开始后再提交。"),
        ),
        Refusal(
            "closed",
            409,
            gettext_noop("投票已经结束"),
            gettext_noop("本场投票已于 %(closes_at)s 结束，不再接收选票。"),
            gettext_noop("请返回活动页面，查看后续公示与结果。"),
        ),
        Refusal(
            "paused",
            409,
            gettext_noop("投票暂停"),
            gettext_noop("主办单位已暂停本场投票，暂停期间不接收选票。"),
            gettext_noop("请留意活动页面的公告，恢复后再提交。"),
        ),
        Refusal(
            "too_few_picks",
            422,
            gettext_noop("选择过少"),
            gettext_noop("本场投票每张选票至少选择 %(min_picks)s 项，您选择了 %(picked)s 项。"),
            _PICK_AGAIN,
        ),
        Refusal(
            "too_many_picks",
            422,
            gettext_noop("选择过多"),
            gettext_noop("本场投票每张选票最多选择 %(max_picks)s 项，您选择了 %(picked)s 项。"),
            _PICK_AGAIN,
        ),
        Refusal(
            "same_nominee_twice",
            422,
            gettext_noop("重复选择"),
            gettext_noop("同一张选票中，%(number)s 号被选择了多次。"),
            _PICK_AGAIN,
        ),
        Refusal(
            "not_a_nominee",
            422,
            gettext_noop("选项不在名单中"),
            gettext_noop("%(number)s 号不在本场投票的候选名单中。"),
            gettext_noop("请刷新投票页面，按最新名单重新选择。"),
        ),
        Refusal(
            "already_voted",
            409,
            gettext_noop("您已经投过票"),
            gettext_noop("您的选票已于 %(cast_at)s 收到。本次提交没有改变它。"),
            gettext_noop("您可以在活动页面查看投票回执；如有疑问，请联系主办单位。"),
        ),
        Refusal(
            "already_voted_today",
            409,
            gettext_noop("您今天已经投过票"),
            gettext_noop("您今天的选票已于 %(cast_at)s 收到。本次提交没有改变它。"),
            gettext_noop("本场投票每天可投一次，请明天再来。"),
        ),
        Refusal(
            "nonce_malformed",
            400,
            gettext_noop("提交编号有误"),
            gettext_noop("提交编号应为 32 位十六进制数字。"),
            _OPEN_AGAIN,
        ),
        Refusal(
            "nonce_used",
            409,
            gettext_noop("提交编号已被使用"),
            gettext_noop("本次提交的编号已经用在另一张选票上，这张选票没有收下。"),
            _OPEN_AGAIN,
        ),
        Refusal(
            "malformed",
            400,
            gettext_noop("无法识别提交内容"),
            gettext_noop("提交的内容不完整，或者格式不正确。"),
            _GO_BACK,
        ),
        Refusal(
            "too_large",
            413,
            gettext_noop("提交内容过大"),
            gettext_noop("一张选票不得超过 %(limit_kib)s KiB。"),
            _GO_BACK,
        ),
        Refusal(
            "too_slow",
            408,
            gettext_noop("提交超时"),
            gettext_noop("网络较慢，没有在 %(seconds)s 秒内收到完整的选票。"),
            gettext_noop("请检查网络后再次提交，重复提交不会重复计票。"),
        ),
        Refusal(
            "method_not_allowed",
            405,
            gettext_noop("提交方式有误"),
            gettext_noop("此地址只接收以 %(allow)s 方式发出的请求。"),
            gettext_noop("请从投票页面提交选票。"),
        ),
        Refusal(
            "unsupported_media_type",
            415,
            gettext_noop("提交格式有误"),
            gettext_noop("选票只接收 JSON 或普通表单格式。"),
            gettext_noop("请从投票页面提交选票。"),
        ),
        Refusal(
            "not_found",
            404,
            gettext_noop("没有这个地址"),
            gettext_noop("您访问的地址不存在。"),
            gettext_noop("请返回首页，查看正在进行的活动。"),
        ),
        Refusal(
            "overloaded",
            503,
            gettext_noop("投票人数较多"),
            gettext_noop("同时投票的人数较多，本次提交没有收下。"),
            _TRY_LATER,
            retry_after_s=2,
        ),
        Refusal(
            "storage_unavailable",
            503,
            gettext_noop("暂时无法确认选票"),
            gettext_noop("系统暂时无法确认选票是否已经存妥。"),
            _TRY_LATER,
            retry_after_s=5,
        ),
    )
}


@lru_cache(maxsize=32)
def translations_for(language: str) -> gettext.NullTranslations:
    """Return the catalogue of a language such as `en` or `zh-hant`; Chinese is the source."""
    name, _, script = language.partition("-")
    locale = f"{name}_{script.title() if len(script) > 2 else script.upper()}" if script else name
    return gettext.translation("django", LOCALE_DIR, [locale], fallback=True)


def pick_language(accept_language: str) -> str:
    """Choose a language we speak from an Accept-Language header (RFC 9110 §12.5.4).

    The header's own order decides; quality values are not weighed.
    """
    for part in accept_language[:200].lower().split(","):
        tag = part.partition(";")[0].strip()
        if tag.startswith(("zh-hant", "zh-tw", "zh-hk", "zh-mo")):
            return "zh-hant"
        if tag.startswith("zh"):
            return SOURCE_LANGUAGE
        if tag.startswith("en"):
            return "en"
    return SOURCE_LANGUAGE


def describe(refused: Refused, *, language: str) -> tuple[Refusal, str, str, str]:
    """Return the row and its title, sentence and action in the given language."""
    row = TABLE[refused.code]
    translate = translations_for(language).gettext
    return row, translate(row.title), translate(row.sentence) % refused.facts, translate(row.action)
