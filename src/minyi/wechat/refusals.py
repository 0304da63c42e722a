# SPDX-License-Identifier: Apache-2.0
"""What WeChat's refusals mean to the person in the office, in plain words (wechat-api.md §3)."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.utils.translation import gettext_lazy as _

from minyi.core.errors import Words

from .capabilities import Ability, AccountKind, may
from .client import api_errors
from .errors import AccountCannot, WeChatRefused, WeChatSilent

log = structlog.get_logger("minyi.wechat")


_BY_CODE: dict[int, Words] = {
    40164: _("平台服务器的 IP 不在公众号的白名单里：%(message)s"),
    40125: _("AppSecret 不正确，请联系管理员更新密钥。"),
    40013: _("AppID 不正确，请核对公众号资料。"),
    40243: _("AppSecret 已在公众平台被冻结。"),
    48001: _("公众号没有这个接口的权限，通常是因为没有认证，或者类型不支持。"),
    48004: _("微信封禁了公众号的这个接口，请登录公众平台查看通知。"),
    50002: _("微信限制了这个公众号，请登录公众平台查看通知。"),
    45009: _("今天的调用次数已经用完，零点以后恢复。"),
    45011: _("这一分钟调用太多，请一分钟后再试。"),
    40015: _("按钮的类型微信不认识。"),
    40016: _("一级按钮须为 1 至 3 个。"),
    40017: _("按钮的类型微信不认识。"),
    40018: _("按钮名称太长或者为空。"),
    40019: _("按钮的内容编号太长。"),
    40020: _("按钮的网址太长。"),
    40023: _("每个一级按钮下的二级按钮须为 1 至 5 个。"),
    40024: _("二级按钮的类型微信不认识。"),
    40025: _("二级按钮的名称太长或者为空。"),
    40026: _("二级按钮的内容编号太长。"),
    40027: _("二级按钮的网址太长。"),
    40054: _("按钮里的网址不完整。"),
    40055: _("按钮里的网址不合要求，须以 http:// 或 https:// 开头。"),
    40007: _("按钮用到的素材已经不存在，请重新选择。"),
    40048: _("网址的域名没有在公众平台登记。"),
    53600: _("按钮用到的文章已经不存在，请重新选择。"),
    45056: _("标签已满 100 个，请先删除不用的。"),
    45157: _("标签名称不合要求，或者已经有同名标签。"),
    45158: _("标签名称太长，不能超过 30 个字节（10 个汉字）。"),
    45057: _("这个标签下的粉丝超过 10 万人，微信不允许直接删除。"),
    45058: _("这是微信自带的标签，不能改动。"),
    45059: _("其中有人已有 20 个标签，不能再加。"),
    45159: _("微信上没有这个标签，请先同步。"),
    40003: _("其中有人不是这个公众号的粉丝。"),
    49003: _("其中有人不是这个公众号的粉丝。"),
    45029: _("永久二维码已满 10 万个。"),
    40169: _("场景标识的长度不合要求。"),
    46003: _("微信上还没有菜单。"),
    65301: _("微信上没有这个个性化菜单，可能已在别处删除。"),
    65303: _("要先发布默认菜单，才能发布个性化菜单。"),
    65304: _("个性化菜单的条件不能为空。"),
    65305: _("个性化菜单的数量已达上限。"),
    65306: _("这个公众号不支持个性化菜单。"),
    65307: _("个性化菜单的条件全部为空。"),
    65308: _("个性化菜单没有按钮。"),
    65316: _("菜单里的外部域名超过 3 个。"),
    65320: _("微信不再支持按性别、地区或语言区分菜单。"),
}
_BY_KIND: dict[type[api_errors.ApiError], Words] = {
    api_errors.Busy: _("微信系统繁忙，请稍后再试。"),
    api_errors.TokenRefused: _("微信不认可平台的接口凭证，请检查 AppSecret。"),
    api_errors.AccountFault: _("公众号的设置有问题：%(message)s"),
    api_errors.QuotaSpent: _("调用次数已经用完。"),
    api_errors.SlowDown: _("调用太频繁，请一分钟后再试。"),
    api_errors.NotPermitted: _("公众号没有这个接口的权限。"),
    api_errors.Unreachable: _("其中有人不是这个公众号的粉丝，或者不接收消息。"),
    api_errors.ContentRefused: _("微信认为内容不合要求：%(message)s"),
    api_errors.OutOfStep: _("微信上没有对应的内容，可能已在别处删除：%(message)s"),
}
_OTHERWISE = _("微信的答复是：%(message)s")


def words_for(error: api_errors.ApiError) -> str:
    """Return what WeChat's refusal means, in a sentence."""
    kinds = (words for kind, words in _BY_KIND.items() if isinstance(error, kind))
    words = _BY_CODE.get(error.code) or next(kinds, _OTHERWISE)
    return str(words) % {"message": error.message}


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Turn what went wrong between us and WeChat into a refusal a person can read."""
    try:
        yield
    except api_errors.NotOffered as error:
        raise AccountCannot(reason=error.reason) from error
    except api_errors.ApiError as error:
        log.warning("wechat_refused", error=str(error))
        raise WeChatRefused(words=words_for(error), errcode=error.code) from error
    except api_errors.Unanswered as error:
        log.warning("wechat_silent", error=str(error))
        raise WeChatSilent from error


def check_able(account: AccountKind, ability: Ability) -> None:
    """Raise AccountCannot, with the reason, where WeChat does not let this account."""
    answer = may(account, ability)
    if not answer.allowed:
        raise AccountCannot(reason=answer.reason)
