# SPDX-License-Identifier: Apache-2.0
import re

import pytest
from django.utils import timezone, translation

from minyi.campaigns.models import Campaign
from minyi.campaigns.queries.public import say

from .given import given_campaign, given_nominee
from .visitors import speak, stranger

pytestmark = pytest.mark.django_db


def given_translated():
    campaign = given_campaign(
        now=timezone.now(),
        title="窗口评议",
        languages=["zh-hans", "en"],
        translations={"en": {"title": "Service windows"}},
    )
    given_nominee(
        campaign,
        name="便民中心",
        translations={"en": {"name": "Town hall", "story": "They open on Sundays."}},
    )
    return campaign


def test_a_translated_text_stands_without_a_mark():
    said = say("窗口评议", {"en": {"title": "Service windows"}}, language="en", field="title")
    assert str(said) == "Service windows"
    assert not said.is_fallback


def test_a_missing_translation_falls_back_visibly():
    with translation.override("zh-hans"):
        said = say("窗口评议", {"en": {}}, language="zh-hant", field="title")
        assert str(said) == "窗口评议（原文）"


def test_the_original_carries_no_mark_and_nothing_stays_nothing():
    assert not say("窗口评议", {}, language="zh-hans", field="title").is_fallback
    assert not say("", {}, language="en", field="theme").is_fallback


def test_a_reader_switches_without_script_and_comes_back_to_the_page():
    campaign = given_translated()
    client = stranger()
    path = f"/c/{campaign.slug}/"
    answer = client.post("/preferences/", {"language": "en", "next": path})
    assert answer.status_code == 303
    assert answer["Location"] == path
    page = client.get(path).content.decode()
    assert '<html lang="en"' in page
    assert "Service windows" in page
    assert '<span lang="zh-Hans">让办事更省心</span>' in page


@pytest.mark.parametrize(("language", "tag"), [("zh-hans", "zh-Hans"), ("zh-hant", "zh-Hant")])
def test_the_page_says_which_language_it_is_in(language, tag):
    campaign = given_translated()
    page = speak(stranger(), language).get(f"/c/{campaign.slug}/").content.decode()
    assert f'<html lang="{tag}"' in page


def test_a_nominee_is_translated_field_by_field():
    campaign = given_translated()
    client = speak(stranger(), "en")
    page = client.get(f"/c/{campaign.slug}/nominees/1/").content.decode()
    assert "Town hall" in page
    assert "They open on Sundays." in page
    assert '<span lang="zh-Hans">一次告知，一窗受理，一次办好。</span>' in page


def test_a_language_we_do_not_have_is_answered_in_chinese():
    campaign = given_translated()
    page = stranger(accept_language="fr").get(f"/c/{campaign.slug}/").content.decode()
    assert '<html lang="zh-Hans"' in page


def test_cards_drawn_for_one_language_are_not_shown_in_another():
    campaign = given_translated()
    path = f"/c/{campaign.slug}/nominees/"
    first = speak(stranger(), "en").get(path).content.decode()
    second = speak(stranger(), "zh-hans").get(path).content.decode()
    assert "Town hall" in first
    assert "Town hall" not in second


def choices(page: str) -> list[str]:
    return re.findall(r'name="language" value="([^"]+)"', page)


def test_a_campaign_offers_its_own_languages_and_always_the_original():
    campaign = given_translated()
    assert choices(page_in("zh-hans", campaign)) == ["zh-hans", "en"]
    campaign.languages = ["en"]
    campaign.save(update_fields=["languages"])
    assert choices(page_in("zh-hans", campaign)) == ["zh-hans", "en"]
    assert len(choices(stranger().get("/").content.decode())) == 3


def test_a_language_the_campaign_does_not_offer_falls_back_visibly():
    campaign = given_translated()
    campaign.languages = ["zh-hans"]
    campaign.save(update_fields=["languages"])
    for path in ("", "nominees/1/"):
        page = page_in("en", campaign, path)
        assert "Service windows" not in page
        assert "Town hall" not in page
        assert '<span lang="zh-Hans">' in page


def page_in(language: str, campaign: Campaign, path: str = "") -> str:
    return speak(stranger(), language).get(f"/c/{campaign.slug}/{path}").content.decode()
