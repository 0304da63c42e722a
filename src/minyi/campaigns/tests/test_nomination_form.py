# SPDX-License-Identifier: Apache-2.0
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from minyi.campaigns.models import Nomination, StagedFile
from minyi.campaigns.services import staging
from minyi.core.outbox_worker import Worker

from .given import given_account, given_nomination
from .visitors import WECHAT, given_votable, stranger, visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign():
    return given_votable(now=timezone.now(), during="nomination")


def filled(campaign, **changed: object) -> dict[str, object]:
    standard = campaign.criteria.first()
    fields: dict[str, object] = {
        "name": "临江镇便民服务中心",
        "unit": "临江镇人民政府（示例）",
        "category": campaign.categories.first().pk,
        "reason": "周末不打烊，方言服务到人，六十八项事项不出镇就能办。",
        f"evidence_{standard.pk}": "全年没有一件投诉。",
        "consent": "on",
    }
    return {**fields, **changed}


def a_picture() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "JPEG")
    return SimpleUploadedFile("IMG_1.jpg", out.getvalue(), content_type="image/jpeg")


def send(campaign, client=None, **changed: object):
    client = client or visitor(campaign.account)
    return client.post(f"/c/{campaign.slug}/nominate/", filled(campaign, **changed))


def test_a_nomination_is_kept_and_its_state_is_shown(campaign):
    client = visitor(campaign.account)
    answer = send(campaign, client, picture_1=a_picture(), alternative_1="大厅里的志愿者")
    assert answer.status_code == 303
    nomination = Nomination.objects.get()
    assert nomination.status == "submitted"
    assert nomination.evidence == {str(campaign.criteria.first().pk): "全年没有一件投诉。"}
    assert nomination.files.get().alternative == "大厅里的志愿者"
    page = client.get(answer["Location"]).content.decode()
    assert "已收到您的推荐" in page
    assert "待审核" in page
    assert "临江镇便民服务中心" in page


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"name": ""}, "name", "请填写这一项"),
        ({"reason": "好"}, "reason", "10"),
        ({"name": "长" * 61}, "name", "60"),
        ({"consent": ""}, "consent", "请阅读《个人信息保护说明》"),
        ({"category": "999999"}, "category", "999999"),
        ({"video_url": "不是网址"}, "video_url", "URL"),
        ({"video_url": "https://example.com/x.mp4"}, "video_url", "只支持"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_kept(
    campaign, changed, field, words
):
    answer = send(campaign, **changed)
    assert answer.status_code == 422
    page = answer.content.decode()
    error = page[page.index(f'id="id_{field}_error"') :][:400]
    assert words in error
    assert "还没有提交成功" in page
    assert not Nomination.objects.exists()


def test_what_was_written_is_still_there_after_a_mistake(campaign):
    page = send(campaign, reason="好").content.decode()
    assert 'value="临江镇便民服务中心"' in page
    assert "全年没有一件投诉" in page


def test_a_reason_too_long_is_refused_with_the_count_and_not_cut(campaign):
    client = visitor(campaign.account)
    page = client.get(f"/c/{campaign.slug}/nominate/").content.decode()
    assert "maxlength" not in page[page.index('id="id_reason"') - 300 :][:600]
    answer = send(campaign, client, reason="好" * 2003)
    assert "最多 2000 字，现在是 2003 字" in answer.content.decode()
    assert "好" * 2003 in answer.content.decode()


def test_only_files_that_were_chosen_are_said_to_be_kept(campaign):
    assert "选好的文件" not in send(campaign, reason="好").content.decode()
    with_file = send(campaign, reason="好", picture_1=a_picture(), alternative_1="大厅")
    assert "已选好的文件也还在" in with_file.content.decode()


def test_a_picture_needs_words(campaign):
    answer = send(campaign, picture_2=a_picture())
    assert answer.status_code == 422
    assert 'id="id_alternative_2_error"' in answer.content.decode()
    assert not Nomination.objects.exists()


def test_a_programme_dressed_up_as_a_picture_is_refused(campaign):
    disguised = SimpleUploadedFile("a.jpg", b"MZ\x90\x00" * 40, content_type="image/jpeg")
    answer = send(campaign, picture_1=disguised, alternative_1="一张图")
    assert answer.status_code == 422
    assert "不是完好的 JPG" in answer.content.decode()
    assert not Nomination.objects.exists()


def test_the_same_nominee_twice_is_refused_beside_the_name(campaign):
    client = visitor(campaign.account)
    send(campaign, client)
    answer = send(campaign, client)
    assert answer.status_code == 409
    assert "已经推荐过" in answer.content.decode()
    assert Nomination.objects.count() == 1


def test_asking_to_share_is_refused(campaign):
    answer = send(campaign, reason="转发本页到朋友圈后即可参加抽奖，请大家转发。")
    assert answer.status_code == 422
    assert "诱导" in answer.content.decode()


@pytest.mark.parametrize("during", ["before", "review", "voting", "result"])
def test_outside_its_stage_the_page_explains_and_a_form_is_refused(during):
    campaign = given_votable(now=timezone.now(), during=during)
    client = visitor(campaign.account)
    page = client.get(f"/c/{campaign.slug}/nominate/")
    assert page.status_code == 200
    assert "<textarea" not in page.content.decode()
    assert send(campaign, client).status_code == 409
    assert not Nomination.objects.exists()


def test_nominating_needs_an_identity_that_our_server_has_found_out(campaign):
    path = f"/c/{campaign.slug}/nominate/"
    assert "请在微信中打开" in stranger().get(path).content.decode()
    assert stranger(user_agent=WECHAT).get(path).status_code == 302
    elsewhere = visitor(given_account(campaign.agency))
    elsewhere.post(path, filled(campaign))
    stranger().post(path, filled(campaign, openid="openid-of-anna"))
    assert not Nomination.objects.exists()


def test_a_form_from_another_site_is_refused(campaign):
    known = visitor(campaign.account)
    client = Client(enforce_csrf_checks=True)
    client.cookies = known.cookies
    answer = client.post(f"/c/{campaign.slug}/nominate/", filled(campaign))
    assert answer.status_code == 403
    assert not Nomination.objects.exists()


def test_what_is_far_too_large_is_refused_before_it_is_read(campaign):
    answer = visitor(campaign.account).generic(
        "POST",
        f"/c/{campaign.slug}/nominate/",
        b"",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(500 * 1024 * 1024),
    )
    assert answer.status_code == 422
    assert "90 MB" in answer.content.decode()


def test_the_form_asks_for_consent_and_says_what_to(campaign):
    page = visitor(campaign.account).get(f"/c/{campaign.slug}/nominate/").content.decode()
    assert "/help/privacy/" in page
    assert campaign.agency.name in page
    assert 'enctype="multipart/form-data"' in page


def test_nobody_sees_the_nominations_of_somebody_else(campaign):
    given_nomination(campaign, now=timezone.now(), name="别人推荐的窗口")
    page = visitor(campaign.account).get(f"/c/{campaign.slug}/nominate/mine/").content.decode()
    assert "别人推荐的窗口" not in page
    assert "您还没有推荐" in page


def test_a_decision_and_its_reason_are_shown_to_the_nominator(campaign):
    client = visitor(campaign.account)
    send(campaign, client)
    Nomination.objects.update(status="rejected", status_reason="不在评选范围内")
    page = client.get(f"/c/{campaign.slug}/nominate/mine/").content.decode()
    assert "未通过" in page
    assert "不在评选范围内" in page


# --- Files between two attempts -----------------------------------------------------------------


def kept_in(page: str) -> dict[str, str]:
    """Return the tokens in a page as a browser would send them back."""
    return dict(re.findall(r'name="(kept_\w+)" value="([^"]+)"', page))


def test_a_picture_outlives_a_mistake_elsewhere_and_needs_no_script(campaign):
    client = visitor(campaign.account)
    refused = send(campaign, client, reason="好", picture_1=a_picture(), alternative_1="大厅")
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "IMG_1.jpg" in page
    shown = client.get(re.search(r'src="([^"]+/kept/[^"]+)"', page)[1])
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
    assert b"".join(shown.streaming_content)[:2] == b"\xff\xd8"

    accepted = send(campaign, client, alternative_1="大厅", **kept_in(page))
    assert accepted.status_code == 303
    assert Nomination.objects.get().files.get().alternative == "大厅"
    assert not StagedFile.objects.exists()


def test_a_kept_picture_still_needs_its_words(campaign):
    client = visitor(campaign.account)
    page = send(campaign, client, picture_1=a_picture()).content.decode()
    refused = send(campaign, client, **kept_in(page))
    assert refused.status_code == 422
    assert 'id="id_alternative_1_error"' in refused.content.decode()
    assert kept_in(refused.content.decode())


def test_a_kept_picture_may_be_left_out_or_replaced(campaign):
    client = visitor(campaign.account)
    page = send(campaign, client, reason="好", picture_1=a_picture(), alternative_1="大厅")
    kept = kept_in(page.content.decode())
    assert send(campaign, client, drop_picture_1="1", **kept).status_code == 303
    assert not Nomination.objects.get().files.exists()


def test_a_kept_picture_is_nobody_elses_and_not_to_be_guessed(campaign):
    page = send(campaign, reason="好", picture_1=a_picture(), alternative_1="大厅").content.decode()
    kept = kept_in(page)
    address = re.search(r'src="([^"]+/kept/[^"]+)"', page)[1]
    other = visitor(campaign.account, "openid-of-bo")
    for client in (other, stranger()):
        assert client.get(address).status_code == 404
    assert visitor(campaign.account).get(address[:-2] + "xx").status_code == 404
    assert send(campaign, other, alternative_1="大厅", **kept).status_code == 303
    assert not Nomination.objects.get().files.exists()


def test_a_kept_picture_expires_and_the_outbox_sweeps_it(campaign):
    page = send(campaign, reason="好", picture_1=a_picture(), alternative_1="大厅").content.decode()
    staged = StagedFile.objects.get()
    path = Path(staged.file.path)
    assert path.exists()
    late = timezone.now() + staging.KEEP
    [token] = kept_in(page).values()
    whose = {"campaign_id": campaign.pk, "citizen_id": str(staged.citizen_id)}
    assert staging.find_staged(token=token, now=timezone.now(), **whose) == staged
    assert staging.find_staged(token=token, now=late, **whose) is None
    Worker(clock=lambda: late + timedelta(seconds=1)).run_due()
    assert not StagedFile.objects.exists()
    assert not path.exists()


def test_nobody_fills_the_store_by_trying_again_and_again(campaign):
    client = visitor(campaign.account)
    for _attempt in range(4):
        send(
            campaign,
            client,
            reason="好",
            **{f"picture_{slot}": a_picture() for slot in (1, 2, 3)},
        )
    assert StagedFile.objects.count() == staging.MOST_KEPT


def test_what_is_no_picture_is_said_beside_its_own_field(campaign):
    disguised = SimpleUploadedFile("a.jpg", b"MZ" * 40, content_type="image/jpeg")
    page = send(campaign, reason="好", picture_2=disguised, alternative_2="图").content.decode()
    error = page[page.index('id="id_picture_2_error"') :][:400]
    assert "不是完好的 JPG" in error
    assert not StagedFile.objects.exists()


def test_the_words_for_a_picture_are_not_called_optional(campaign):
    page = visitor(campaign.account).get(f"/c/{campaign.slug}/nominate/").content.decode()
    label = page[page.index('for="id_alternative_1"') :][:200]
    assert "选择图片时必填" in label
    assert "选填" not in label
