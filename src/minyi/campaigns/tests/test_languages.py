# SPDX-License-Identifier: Apache-2.0
import json
import re
from typing import get_args

import pytest
from django.conf import settings
from django.utils import timezone, translation

from minyi.campaigns import api
from minyi.campaigns.models import Campaign
from minyi.campaigns.queries.exports import export_result
from minyi.campaigns.queries.public import say
from minyi.campaigns.queries.results import staff_result
from minyi.campaigns.services import results

from .given import given_campaign, given_finished_vote, given_nominee, given_staff
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


# --- The lines of a campaign ----------------------------------------------------------------------


def given_translated_lines():
    campaign = given_translated()
    criterion, category = campaign.criteria.first(), campaign.categories.first()
    criterion.translations = {"en": {"name": "Quality", "explanation": "How people are received"}}
    criterion.explanation = "群众的感受"
    criterion.save()
    category.translations = {"en": {"name": "General windows"}}
    category.save()
    nominee = campaign.nominees.get()
    nominee.evidence = {str(criterion.pk): "满意率 99%"}
    nominee.save()
    campaign.stages.filter(kind="voting").update(
        note="每人一票", translations={"en": {"note": "One vote each"}}
    )
    return campaign


def test_criteria_categories_and_notes_are_read_in_the_readers_language():
    campaign = given_translated_lines()
    base = f"/c/{campaign.slug}/"
    client = speak(stranger(), "en")
    home = client.get(base).content.decode()
    assert "Quality" in home
    assert "How people are received" in home
    assert "One vote each" in home
    assert "General windows" in client.get(f"{base}nominees/").content.decode()
    page = client.get(f"{base}nominees/1/").content.decode()
    assert "General windows" in page
    assert re.search(r"<h3>\s*Quality\s", page)


def test_a_line_nobody_translated_stands_in_the_original_and_says_so():
    campaign = given_translated_lines()
    home = speak(stranger(), "en").get(f"/c/{campaign.slug}/").content.decode()
    assert '<span lang="zh-Hans">信息公开</span>' in home


def test_the_languages_of_the_lines_wait_until_the_campaign_is_published_in_them():
    campaign = given_translated_lines()
    campaign.languages = ["zh-hans"]
    campaign.save()
    home = speak(stranger(), "en").get(f"/c/{campaign.slug}/").content.decode()
    assert "Quality" not in home


@pytest.mark.parametrize(
    ("query", "wanted"),
    [("?language=en", ""), ("", "en"), ("?language=en", "zh")],
)
def test_the_api_speaks_the_language_it_is_asked_for(query, wanted):
    campaign = given_translated_lines()
    client = stranger(accept_language=wanted)
    told = client.get(f"/api/v1/campaigns/{campaign.slug}{query}").json()
    assert told["title"] == "Service windows"
    assert told["criteria"][0]["name"] == "Quality"
    assert told["criteria"][0]["explanation"] == "How people are received"
    assert told["categories"][0] == "General windows"
    assert "One vote each" in [stage["note"] for stage in told["stages"]]


def test_the_api_refuses_a_language_it_does_not_know_and_knows_those_of_the_pages():
    campaign = given_translated_lines()
    answer = stranger().get(f"/api/v1/campaigns/{campaign.slug}?language=tlh")
    assert answer.status_code == 422
    assert set(get_args(api.Language)) == {code for code, _name in settings.LANGUAGES}


def test_an_export_names_criteria_and_categories_in_the_language_of_who_asks():
    campaign = given_finished_vote({1: 3}, now=timezone.now(), languages=["zh-hans", "en"])
    campaign.criteria.filter(name="服务质量").update(translations={"en": {"name": "Quality"}})
    campaign.categories.update(translations={"en": {"name": "Windows"}})
    organiser = given_staff(campaign.agency, "organiser").actor
    results.compute_result(campaign_id=campaign.pk, actor=organiser, now=timezone.now())
    with translation.override("en"):
        shown = staff_result(campaign_id=campaign.pk, actor=organiser)
        file = json.loads(export_result(shown, "json").content)
    assert "Quality" in [column["column"] for column in file["codebook"]]
    assert [line.category for line in shown.lines] == ["Windows"]
    # What was signed does not change with the reader.
    assert file["document"]["criteria"][0] == ["服务质量", 40]
