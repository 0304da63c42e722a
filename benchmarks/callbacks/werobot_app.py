# SPDX-License-Identifier: Apache-2.0
"""The peer: WeRoBot 1.13.1, sessions off, answering the same word with the same text."""

from werobot import WeRoBot

from benchmarks.callbacks.messages import AES_KEY, APPID, TOKEN

ANSWER = (
    "您可以回复：\n“投票”或“评选”——查看正在进行的活动\n“帮助”——查看本说明\n\n"
    '目前没有正在进行的活动。<a href="http://127.0.0.1:8000/">查看全部活动</a>'
)

robot = WeRoBot(token=TOKEN, encoding_aes_key=AES_KEY, app_id=APPID, SESSION_STORAGE=False)
robot.config["SESSION_STORAGE"] = False


@robot.text
def answer(message):
    """Answer the keyword."""
    return ANSWER if "帮助" in message.content else None


application = robot.wsgi
