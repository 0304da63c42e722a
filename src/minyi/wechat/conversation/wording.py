# SPDX-License-Identifier: Apache-2.0
"""Which built-in words of a citizen mean what. Simplified and traditional, and a little English.

Each must be the whole message: a word found in a sentence would answer a question with a menu,
and nobody would read the question.
"""

import re

_THINGS = "投票|評選|评选|評議|评议|候選人?|候选人?|活動|活动"
asks_for_campaigns = re.compile(
    r"(?:我?(?:要|想|想要)?(?:参加|參加|参与|參與|看|查看)?|有(?:什么|什麼|哪些)|正在进行的|正在進行的)"
    rf"(?:公众|公眾|网上|網上)?(?:{_THINGS}|vote)+[。.!！?？]?"
).fullmatch
asks_for_help = re.compile(
    r"(?:(?:使用|查看)?(?:帮助|幫助)|使用(?:说明|說明)|菜单|菜單|help|menu"
    r"|(?:怎么|怎麼|怎样|怎樣|如何)(?:用|使用|投|投票))[。.!！?？]?|[?？]{1,3}"
).fullmatch
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
cancels = re.compile(
    r"(?:我?(?:要|想)?(?:取消|退出|放弃|放棄|作废|作廢|撤销|撤銷)(?:投票|选票|選票)?了?"
    r"|我?不(?:想|要)?投(?:票)?了?|算了吧?|cancel(?: vote)?|quit|exit|stop)[。.!！]?"
).fullmatch
asks_for_matters = re.compile(
    r"(?:我的|我要|查询?|查看)?(?:进度|進度|办理进度|推荐进度|投票记录|选票|办件)(?:查询)?"
    r"|我的|查询|查詢|my (?:status|matters|ballots?)|status"
).fullmatch
