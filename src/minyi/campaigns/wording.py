# SPDX-License-Identifier: Apache-2.0
"""The linter of a campaign's texts: what a selection may not be called, ask for or promise.

Rules and their numbers come from the national rules on 评比达标表彰 (E-…), from the practice of
official votes (V-…) and from WeChat's rules on external pages (W-…). A single word proves
nothing — 「分享经验」 is fine, 「分享后才能投票」 is not — so most rules look for words near each
other within one sentence, and a rule that is stated as a ban (「不得诱导分享」) is no hit.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class WordingRule:
    """`pattern` matches the words themselves; `why` tells what is wrong with them."""

    code: str
    pattern: re.Pattern[str]
    why: str | Promise
    is_blocking: bool = True


@dataclass(frozen=True, slots=True)
class Hit:
    """`place` names the text, `words` the passage as it stands there."""

    rule: WordingRule
    place: str
    words: str

    def __str__(self) -> str:
        return _("%(place)s中的“%(words)s”：%(why)s") % {
            "place": self.place,
            "words": self.words,
            "why": self.rule.why,
        }


_GAP = r"[^。；！？\n]"  # within one sentence
_NEAR = r"[^。；！？，,\n]"  # within one clause
_PLAIN = r"(?:(?![不无免禁])[^。；！？，,\n])"  # the same, without a ban in between
_THEN = r"(?:之?后|即可|才能|才可|方可|方能|就能|就可)"
_TAKE_PART = r"(?:投票|参与|查看|看到|进入|领取|推荐|提名|下一步|继续)"
_REWARD = (
    r"(?:(?:得|送|领|赢|抽|换|兑|享|增加|多|再)"
    rf"{_PLAIN}{{0,6}}(?:奖|红包|积分|券|礼品|礼包|话费|流量|机会|次数|票数|一票)"
    rf"|{_PLAIN}{{0,3}}抽奖)"
)
_ACCOUNT = r"(?:公众号|服务号|订阅号|视频号|微信号|账号|官微|官方微信)"
_PUPILS = r"(?:中小学生|小学生|中学生|学生|少先队员|少年|儿童|幼儿|未成年人)"

_NAME_RULES = (
    WordingRule(
        "E-02",
        re.compile(r"国家|国际|中国|中华|全国|亚洲|全球|世界"),
        _("名称冠以“国家”“中国”“全国”等字样须经批准"),
    ),
    WordingRule(
        "E-03",
        re.compile(r"峰会|论坛|庆典|盛典|晚会|献礼|国庆|周年"),
        _("借重要会议、活动、节日或以论坛、庆典等形式开展评选须经批准"),
    ),
)
_TITLE_RULE = WordingRule(
    "E-05",
    re.compile(
        r"十佳|十大|百佳|最美|最佳|金牌|标兵|楷模|模范|先进(?:个人|集体|单位|工作者)"
        r"|荣誉称号|授予.{0,8}称号|表彰|颁奖|奖章|奖牌"
    ),
    _("评议活动不授予称号，请改用“评议”“征集”等提法，或改为表彰评选并提供批准文件"),
    is_blocking=False,
)
_TEXT_RULES = (
    WordingRule(
        "W-01",
        re.compile(
            rf"(?:转发|分享){_PLAIN}{{0,10}}，?{_THEN}{_GAP}{{0,8}}{_TAKE_PART}"
            rf"|{_TAKE_PART}{_PLAIN}{{0,6}}(?:须|需|必须|请|要)先?{_PLAIN}{{0,4}}(?:转发|分享)"
            rf"|[不未]先?(?:转发|分享){_NEAR}{{0,4}}(?:不能|无法|不可|不得){_NEAR}{{0,4}}{_TAKE_PART}"
        ),
        _("以转发、分享作为参与或查看的条件"),
    ),
    WordingRule(
        "W-02",
        re.compile(
            rf"(?:转发|分享){_PLAIN}{{0,6}}(?:朋友圈|好友|亲友|微信群|群里)"
            rf"|邀请{_PLAIN}{{0,3}}(?:好友|亲友|朋友)|(?:请|快|赶紧|动动手指)转发|不转不是|拉票"
        ),
        _("诱导转发、分享或拉票"),
    ),
    WordingRule(
        "W-03",
        re.compile(
            rf"(?:转发|分享|点赞|好友助力|邀请|打卡|签到|拼团){_PLAIN}{{0,10}}，?{_REWARD}"
            r"|集赞|砍价|集卡"
        ),
        _("以奖励、抽奖机会或增加票数引导转发、集赞"),
    ),
    WordingRule(
        "W-04",
        re.compile(
            rf"关注(?:{_PLAIN}{{0,12}}{_ACCOUNT})?{_PLAIN}{{0,2}}，?{_THEN}{_GAP}{{0,8}}{_TAKE_PART}"
            rf"|{_TAKE_PART}{_PLAIN}{{0,6}}(?:须|需|必须|请)先?关注"
            rf"|[不未]先?关注{_NEAR}{{0,10}}(?:不能|无法|不可|不得){_NEAR}{{0,4}}{_TAKE_PART}"
            rf"|关注{_PLAIN}{{0,12}}{_ACCOUNT}{_PLAIN}{{0,6}}，?{_REWARD}"
        ),
        _("以关注公众号作为参与条件或给予奖励"),
    ),
    WordingRule(
        "E-04",
        re.compile(
            rf"(?:参评|参选|报名|参与|投票|评选|入选|申报){_PLAIN}{{0,8}}"
            r"(?:收取|缴纳|交纳|支付|付费|收费|缴费|交费)"
            r"|报名费|参评费|评审费|参赛费|赞助费|付费投票|购买票数|买票"
        ),
        _("评选不得以任何形式收取费用"),
    ),
    WordingRule(
        "V-04",
        re.compile(
            rf"{_PUPILS}(?:个人|代表|干部)?(?:评选|评比|投票|表彰|之星|标兵|榜样)"
            rf"|(?:十佳|最美|优秀|新时代好|美德){_PUPILS}(?!服务|资助|活动|工作|窗口|宫|之家)"
            r"|三好学生|新时代好少年|美德少年"
        ),
        _("学生个人荣誉不得通过网络投票产生"),
    ),
)
_LEVEL = re.compile(
    r"(?:中共.{1,12}|.{1,12}[省市县区州盟旗])(?:委员会|人民政府)$"
    r"|[省市县区州盟旗]委$|(?:副?省|副?部|副?厅)级"
)
LEVEL_RULE = WordingRule(
    "E-08",
    _LEVEL,
    _("县级以上党委、政府以及副厅级以上单位、人员一般不参加评选"),
    is_blocking=False,
)
# A ban on the very thing: looked for in the same clause before and around the words.
_BAN = re.compile(
    rf"(?:不(?![限仅但妨断忘错]|要[忘错])|无需|无须|严禁|禁止|杜绝|切勿|谢绝|请勿){_NEAR}{{0,12}}$"
)


def lint_name(title: str) -> list[Hit]:
    """Find what a name may not contain without approval (E-02, E-03)."""
    return [hit for rule in _NAME_RULES for hit in _find(rule, str(_("活动名称")), title)]


def lint_title_words(texts: Mapping[str, str]) -> list[Hit]:
    """Find words that promise a title, which an evaluation does not give (E-05)."""
    return _lint((_TITLE_RULE,), texts)


def lint_texts(texts: Mapping[str, str]) -> list[Hit]:
    """Find induced sharing and following, fees and pupils; `texts` maps a place to its text."""
    return _lint(_TEXT_RULES, texts)


def lint_levels(names: Mapping[str, str]) -> list[Hit]:
    """Find nominees of a level that normally takes no part (E-08)."""
    return _lint((LEVEL_RULE,), names)


def _lint(rules: tuple[WordingRule, ...], texts: Mapping[str, str]) -> list[Hit]:
    return [hit for place, text in texts.items() for r in rules for hit in _find(r, place, text)]


def _find(rule: WordingRule, place: str, text: str) -> Iterator[Hit]:
    for found in rule.pattern.finditer(text):
        if _BAN.search(text[max(0, found.start() - 20) : found.start()]):
            continue
        yield Hit(rule, place, found.group())
