# SPDX-License-Identifier: Apache-2.0
import pytest

from minyi.campaigns import wording


def codes(text: str) -> set[str]:
    return {hit.rule.code for hit in wording.lint_texts({"正文": text})}


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("全国十佳政务服务窗口", "E-02"),
        ("中国最美便民中心", "E-02"),
        ("中华好窗口评选", "E-02"),
        ("世界一流服务窗口", "E-02"),
        ("国庆献礼服务窗口评选", "E-03"),
        ("政务服务高峰论坛评选", "E-03"),
    ],
)
def test_a_name_that_needs_approval_is_found(title, code):
    assert code in {hit.rule.code for hit in wording.lint_name(title)}


@pytest.mark.parametrize("title", ["青禾市十佳政务服务窗口评选", "优秀便民服务中心评议"])
def test_an_ordinary_name_passes(title):
    assert wording.lint_name(title) == []


@pytest.mark.parametrize(
    "text",
    [
        "分享本页面后才能投票。",
        "转发后即可查看结果。",
        "转发到朋友圈后，即可进入下一步。",
        "参与投票请先分享。",
        "查看结果前须先转发本文。",
        "不转发不能查看结果。",
    ],
)
def test_sharing_as_a_condition_is_found(text):
    assert "W-01" in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "快转发给好友吧。",
        "请转发本文。",
        "邀请好友一起来投票。",
        "分享到朋友圈。",
        "欢迎为我们拉票。",
    ],
)
def test_luring_people_to_share_is_found(text):
    assert "W-02" in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "转发领取红包。",
        "邀请一人增加一次投票机会。",
        "每日签到，可抽奖一次，赢取积分。",
        "集赞满二十个有礼。",
        "分享后获得抽奖机会。",
    ],
)
def test_rewards_for_sharing_are_found(text):
    assert "W-03" in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "关注公众号后，即可投票。",
        "关注青禾发布微信公众号才能参与。",
        "关注后可投票。关注后即可参与评选。",
        "投票前需先关注。",
        "未关注公众号的不能投票。",
        "关注本公众号送话费。",
    ],
)
def test_following_as_a_condition_is_found(text):
    assert "W-04" in codes(text)


@pytest.mark.parametrize(
    "text", ["参评单位缴纳评审费。", "报名须支付三百元。", "入选单位收取工本费。", "可以付费投票。"]
)
def test_fees_are_found(text):
    assert "E-04" in codes(text)


@pytest.mark.parametrize(
    "text", ["全市十佳小学生评选", "校园之星：中学生投票", "新时代好少年网络投票", "三好学生评选"]
)
def test_honours_of_pupils_are_found(text):
    assert "V-04" in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "各窗口分享先进经验，助力乡村振兴。",
        "群众关注的热点问题解决之后，满意度明显提高。",
        "召开经验分享会，邀请市领导到场。",
        "分享改革成果，让群众有更多获得感。",
        "本次投票不收取任何费用。",
        "不以关注公众号作为投票条件。",
        "严禁以转发朋友圈、集赞等方式拉票。",
        "参与投票无需转发，也不需要关注公众号。",
        "取消收费项目十二项，医保缴费当场办结。",
        "学生资助服务窗口，为中小学生办理入学手续。",
        "持续关注特殊群体，上门服务后回访。",
        "工作人员点赞群众的好建议，得到群众认可。",
    ],
)
def test_ordinary_words_of_an_office_pass(text):
    assert codes(text) == set()


def test_a_ban_in_another_clause_hides_nothing():
    assert "W-01" in codes("不要错过，分享后才能投票。")
    assert "W-02" in codes("不限次数转发到朋友圈。")


@pytest.mark.parametrize("text", ["十佳窗口评议", "授予“服务之星”称号", "颁奖仪式"])
def test_an_evaluation_promises_no_title(text):
    assert [hit.rule.code for hit in wording.lint_title_words({"活动名称": text})] == ["E-05"]


def test_saying_that_no_title_is_given_is_no_promise():
    assert wording.lint_title_words({"目的": "本活动不授予荣誉称号，不颁奖。"}) == []


@pytest.mark.parametrize(
    ("name", "is_found"),
    [
        ("青禾市人民政府", True),
        ("临江县委", True),
        ("中共青禾市委员会", True),
        ("青禾市行政审批局", False),
        ("临江镇人民政府", False),
        ("青禾市发展和改革委员会", False),
    ],
)
def test_bodies_above_the_usual_level_are_pointed_out(name, is_found):
    assert bool(wording.lint_levels({"候选对象": name})) is is_found


def test_a_hit_names_its_place_its_words_and_the_reason():
    (hit,) = wording.lint_texts({"主题": "快来看：邀请好友一起参与"})
    assert "主题" in str(hit)
    assert "邀请好友" in str(hit)
