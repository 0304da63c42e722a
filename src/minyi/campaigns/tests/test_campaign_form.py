# SPDX-License-Identifier: Apache-2.0
"""The set-up form: dates that cannot be, two people at once, other languages line by line."""

import pytest
from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.campaigns.errors import CampaignInvalid
from minyi.campaigns.models import Campaign
from minyi.campaigns.services import campaigns
from minyi.campaigns.staff.campaign_rows import MomentInput
from minyi.core.models import AuditEntry
from minyi.integrity.signals import SIGNALS

from .given import given_campaign, given_ready_campaign, given_staff
from .test_staff_campaigns import form_of, logged_in, page

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign():
    return given_ready_campaign(now=timezone.now())


def error_beside(answer, row: int, field: str) -> str:
    return str(answer.context["form"].formsets["stages"].forms[row].errors.get(field, ""))


# --- Dates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["2026-11-31 09:00", "2026-02-30 18:00", "下周一", "31.11.2026", "2026-11-30 25:00"]
)
def test_a_date_that_cannot_be_is_refused_beside_its_field_and_stays_as_typed(
    client, campaign, typed
):
    logged_in(client, campaign.agency)
    said = form_of(client, campaign) | {"stages-0-closes_at": typed}
    answer = client.post(page("edit", campaign), said)
    assert f"“{typed}”不是有效的日期和时间" in error_beside(answer, 0, "closes_at")
    assert f'value="{typed}"' in answer.content.decode()
    assert not AuditEntry.objects.exists()


def test_an_end_before_its_start_is_refused_beside_the_end_and_stays_as_typed(client, campaign):
    logged_in(client, campaign.agency)
    said = form_of(client, campaign) | {"stages-0-closes_at": "2020-01-01 09:00"}
    answer = client.post(page("edit", campaign), said)
    assert "结束时间须晚于开始时间" in error_beside(answer, 0, "closes_at")
    assert 'value="2020-01-01 09:00"' in answer.content.decode()


def test_the_picker_does_not_put_another_date_in_place_of_what_was_typed(client, campaign):
    assert MomentInput().get_config()["validateOnBlur"] is False
    logged_in(client, campaign.agency)
    stages = client.get(page("edit", campaign)).context["form"].formsets["stages"]
    for row in (*stages.forms, stages.empty_form):
        for field in ("opens_at", "closes_at"):
            assert isinstance(row.fields[field].widget, MomentInput)


# --- Two people at once ---------------------------------------------------------------------------


def test_who_saves_an_old_page_is_told_who_changed_what_and_loses_nothing(client, campaign):
    logged_in(client, campaign.agency)
    mine = form_of(client, campaign) | {"theme": "我写的主题"}
    other = given_staff(campaign.agency, Role.EDITOR)
    other.first_name = "孙编辑"
    other.save()
    campaigns.edit_campaign(
        campaign=campaign,
        actor=other.actor,
        now=timezone.now(),
        changed={"theme": "别人的主题", "seats": 7},
    )

    answer = client.post(page("edit", campaign), mine)
    said = answer.content.decode()
    assert answer.status_code == 200
    for words in ("有人保存了新的设置", "孙编辑", "入选名额", "别人的主题", 'value="我写的主题"'):
        assert words in said
    campaign.refresh_from_db()
    assert (campaign.theme, campaign.seats) == ("别人的主题", 7)

    # Knowing that, one may still want one's own words.
    mine["version"] = answer.context["form"]["version"].value()
    assert client.post(page("edit", campaign), mine).status_code == 302
    campaign.refresh_from_db()
    assert campaign.theme == "我写的主题"


def test_ones_own_next_save_is_no_conflict(client, campaign):
    logged_in(client, campaign.agency)
    for theme in ("第一次", "第二次"):
        said = form_of(client, campaign) | {"theme": theme}
        assert client.post(page("edit", campaign), said).status_code == 302
    campaign.refresh_from_db()
    assert (campaign.theme, campaign.version) == ("第二次", 3)


@pytest.mark.parametrize("version", ["", "x"])
def test_a_form_that_does_not_say_what_it_knows_is_refused(client, campaign, version):
    logged_in(client, campaign.agency)
    said = form_of(client, campaign) | {"theme": "新", "version": version}
    assert "页面不完整" in client.post(page("edit", campaign), said).content.decode()
    assert Campaign.objects.get(pk=campaign.pk).theme != "新"


# --- Other languages ------------------------------------------------------------------------------

IN_ENGLISH = {
    "languages": ["zh-hans", "en"],
    "criteria-0-en_name": "Quality of service",
    "criteria-0-en_explanation": "How people are received",
    "categories-0-en_name": "General windows",
    "stages-0-en_note": "Read the plan first",
}


def test_every_line_is_saved_with_its_other_languages(client, campaign):
    logged_in(client, campaign.agency)
    answer = client.post(page("edit", campaign), form_of(client, campaign) | IN_ENGLISH)
    assert answer.status_code == 302, answer.context["form"].errors
    assert campaign.criteria.first().translations == {
        "en": {"name": "Quality of service", "explanation": "How people are received"}
    }
    assert campaign.categories.first().translations == {"en": {"name": "General windows"}}
    assert campaign.stages.first().translations == {"en": {"note": "Read the plan first"}}
    again = form_of(client, campaign)
    assert again["criteria-0-en_name"] == "Quality of service"
    before = AuditEntry.objects.count()
    assert client.post(page("edit", campaign), again).status_code == 302
    assert AuditEntry.objects.count() == before


def test_a_translation_may_still_come_while_people_vote_but_no_new_weight(client):
    campaign = given_campaign(now=timezone.now(), during="voting")
    client.force_login(given_staff(campaign.agency, Role.ORGANISER))
    said = form_of(client, campaign) | {"criteria-0-en_name": "Quality of service"}
    answer = client.post(page("edit", campaign), said)
    assert answer.status_code == 302, answer.context["form"].errors
    assert campaign.criteria.first().translations["en"]["name"] == "Quality of service"
    said = form_of(client, campaign) | {"criteria-0-weight": "39"}
    assert client.post(page("edit", campaign), said).status_code == 200
    assert campaign.criteria.first().weight == 40


# --- Signals of brushing --------------------------------------------------------------------------


def test_every_signal_has_its_switch_and_says_whom_it_may_hurt(client, campaign):
    said = logged_in(client, campaign.agency).get(page("edit", campaign)).content.decode()
    for signal in SIGNALS.values():
        assert f'value="{signal.code}"' in said
        assert f'aria-describedby="signal-{signal.code}"' in said
        assert signal.may_hurt in said


def test_an_unchecked_signal_is_silent_in_this_vote_and_the_others_stay(client, campaign):
    logged_in(client, campaign.agency)
    used = [code for code in SIGNALS if code not in {"busy_door", "from_afar"}]
    answer = client.post(page("edit", campaign), form_of(client, campaign) | {"signals": used})
    assert answer.status_code == 302
    assert Campaign.objects.get(pk=campaign.pk).silent_signals == ["busy_door", "from_afar"]
    assert AuditEntry.objects.get().facts["changes"]["silent_signals"] == [
        [],
        ["busy_door", "from_afar"],
    ]
    assert client.get(page("edit", campaign)).context["form"]["signals"].value() == used


def test_a_signal_that_does_not_exist_cannot_be_silenced(campaign):
    with pytest.raises(CampaignInvalid) as refused:
        campaigns.edit_campaign(
            campaign=campaign,
            actor=given_staff(campaign.agency, Role.EDITOR).actor,
            now=timezone.now(),
            changed={"silent_signals": ["same_weather"]},
        )
    assert "same_weather" in refused.value.detail
