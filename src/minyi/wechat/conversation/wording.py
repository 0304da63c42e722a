# SPDX-License-Identifier: Apache-2.0
"""Which built-in words of a citizen mean what. Simplified and traditional, and a little English."""

import re

asks_for_campaigns = re.compile("投票|評選|评选|评议|候选|活动|vote").search
asks_for_help = re.compile(r"帮助|幫助|菜单|怎么|help|[?？]").search
asks_for_person = re.compile(
    r"(?:我要|转|轉|找|联系|聯繫)?(?:人工|客服|工作人员|工作人員)(?:服务|服務|客服)?[。.!！]?"
    r"|(?:talk to a )?(?:human|person|agent)"
).fullmatch
asks_for_silence = re.compile(
    r"(?:我要)?(?:退订|退訂|取消通知|关闭通知|關閉通知)|td|unsubscribe"
).fullmatch
asks_for_notices = re.compile(
    r"(?:我要)?(?:恢复|恢復|接收|打开|打開|开启|開啟)通知|resume notices"
).fullmatch
confirms = re.compile(r"(?:确认|確認|confirm)(?:投票|提交| vote)?[。.!！]?").fullmatch
confirms_ballot = re.compile(r"(?:确认投票|確認投票|confirm vote)[。.!！]?").fullmatch
asks_for_matters = re.compile(
    r"(?:我的|我要|查询?|查看)?(?:进度|進度|办理进度|推荐进度|投票记录|选票|办件)(?:查询)?"
    r"|我的|查询|查詢|my (?:status|matters|ballots?)|status"
).fullmatch
