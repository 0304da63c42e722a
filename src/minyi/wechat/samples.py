# SPDX-License-Identifier: Apache-2.0
"""What the sample account says: a menu, keyword replies, two scenes. Clearly marked 示例."""

from django.conf import settings
from django.db import transaction

from minyi.agencies.models import OfficialAccount
from minyi.campaigns.notices import NOMINATION_DECIDED

from .buttons import Button, Kind, write_draft
from .models import KeywordReply, Menu, MessageTemplate, Scene

Answer, Match = KeywordReply.Answer, KeywordReply.Match


@transaction.atomic
def seed_account(account: OfficialAccount) -> None:
    """Write the sample account's menu, replies and scenes; what is there already stays."""
    home = f"{settings.PUBLIC_URL}/"
    Menu.objects.get_or_create(account=account, defaults={"draft": write_draft(_menu(home))})
    if not KeywordReply.objects.filter(account=account).exists():
        _add_replies(account, home)
    _add_templates(account)
    for key, name, welcome in _SCENES:
        Scene.objects.get_or_create(
            account=account,
            key=key,
            defaults={"name": name, "welcome": welcome, "url": home},
        )


def _menu(home: str) -> tuple[Button, ...]:
    return (
        Button(
            name="民意评选",
            sub=(
                Button(name="正在进行的评选", kind=Kind.OPEN, url=home),
                Button(name="怎样投票", kind=Kind.REPLY, text=_HOW_TO_VOTE),
                Button(name="监督举报", kind=Kind.SAY, text="监督"),
            ),
        ),
        Button(
            name="办事指南",
            sub=(
                Button(name="办公时间地点", kind=Kind.SAY, text="地址"),
                Button(name="扫码取号", kind=Kind.SCAN),
                Button(name="上传材料照片", kind=Kind.PHOTO),
            ),
        ),
        Button(name="联系我们", kind=Kind.SAY, text="人工"),
    )


def _add_replies(account: OfficialAccount, home: str) -> None:
    rows = (
        KeywordReply(words=["人工", "人工客服", "转人工"], answer_kind=Answer.TRANSFER),
        KeywordReply(words=["地址", "在哪", "几点上班"], answer_kind=Answer.TEXT, text=_ADDRESS),
        KeywordReply(words=["监督", "举报"], answer_kind=Answer.TEXT, text=_SUPERVISION),
        KeywordReply(
            words=["办事指南"],
            match=Match.EXACT,
            answer_kind=Answer.CARD,
            title="办事指南（示例）",
            description="材料清单、办理时限、窗口位置，一页看全。",
            url=home,
        ),
    )
    for order, row in enumerate(rows, start=1):
        row.account, row.order = account, order
        row.save()


def _add_templates(account: OfficialAccount) -> None:
    """Let the sandbox's own template and notice carry the result of a review."""
    for channel, template_id in _TEMPLATES.items():
        MessageTemplate.objects.get_or_create(
            account=account,
            purpose=NOMINATION_DECIDED.key,
            channel=channel,
            defaults={
                "template_id": template_id,
                "title": "审核结果通知",
                "fields": {
                    "thing1": "name",
                    "phrase2": "outcome",
                    "thing3": "activity",
                    "thing4": "reason",
                },
            },
        )


# As the sandbox has them (wechat_sandbox.office.sample_notices).
_TEMPLATES = {
    "template": "sample-template-review-result-0000000000001",
    "subscription": "sample-notice-review-result-000000000000001",
}
_HOW_TO_VOTE = (
    "怎样投票（示例）：\n"
    "1. 点击菜单“正在进行的评选”，选择活动；\n"
    "2. 查看候选对象，勾选后点“提交”；\n"
    "3. 每人一票，提交后可以查到自己的选票编号。"
)
_ADDRESS = (
    "青禾市政务服务中心（示例）\n地址：青禾市民生路 1 号\n"
    "时间：周一至周五 9:00—12:00、13:30—17:30，周六 9:00—12:00"
)
_SUPERVISION = (
    "监督电话（示例）：0990-12388。也可以在活动页面下方找到监督方式，反映情况不需要实名。"
)
_SCENES = (
    (
        "hall-1f-guide",
        "政务大厅一楼导办台（示例）",
        "欢迎来到青禾市政务服务中心（示例）。取号、预约、评价都可以在下面的菜单里办理。",
    ),
    (
        "poster-windows-2026",
        "十佳窗口评选海报（示例）",
        "感谢扫码参加十佳政务服务窗口评选（示例），回复“投票”即可开始。",
    ),
)
