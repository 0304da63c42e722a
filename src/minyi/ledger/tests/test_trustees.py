# SPDX-License-Identifier: Apache-2.0
"""Three trustees, two of whom open: what they hold, what is kept, and what is refused by name."""

from datetime import UTC, datetime
from itertools import permutations

import pytest
from django.core import serializers
from hypothesis import given
from hypothesis import strategies as st
from votelog import public_of

from minyi.ledger import shares
from minyi.ledger.errors import (
    KeyMissing,
    KeyOpened,
    ShareFalse,
    ShareForeign,
    ShareReplaced,
    SharesSpent,
    ShareTwice,
    ShareUnreadable,
    TrusteesUnclear,
)
from minyi.ledger.models import SealingKey, Trustee
from minyi.ledger.queries.trustees import find_key
from minyi.ledger.services import trustees
from minyi.ledger.services.trustees import Person

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PEOPLE = [Person("李主任", "市政府办公室"), Person("王监督", "市纪委"), Person("赵律师", "某所")]
seeds = st.binary(min_size=16, max_size=16)


def given_texts(campaign_id: int = 1) -> list[str]:
    made = trustees.make_key(campaign_id=campaign_id, people=PEOPLE, now=NOW)
    return [one.text for one in made]


def given_new(texts: list[str], *, is_rehearsed: bool = True) -> list[trustees.HandedShare]:
    return trustees.reissue(campaign_id=1, texts=texts, is_rehearsed=is_rehearsed)


@given(seeds, st.integers(1, 255))
def test_any_two_shares_give_the_seed_as_they_were_written_down(seed, issue):
    written = [share.text for share in shares.split(seed, issue=issue)]
    for pair in permutations(written, 2):
        assert shares.combine([shares.parse(one) for one in pair]) == seed


@given(seeds)
def test_one_share_is_nothing(seed):
    share = shares.split(seed, issue=1)[0]
    assert seed not in share.secret + share.text.encode()


@given(seeds, st.integers(0, 39), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
def test_a_slip_of_the_finger_is_found(seed, at, letter):
    text = shares.split(seed, issue=1)[1].text.replace("-", "")
    if text[at] == letter:
        return
    with pytest.raises(shares.Unreadable):
        shares.parse(text[:at] + letter + text[at + 1 :])


def test_a_share_may_be_typed_as_people_type():
    share = shares.split(bytes(16), issue=1)[0]
    typed = share.text.lower().replace("-", " ").replace("o", "0").replace("i", "1")
    assert shares.parse(f"  {typed}\n") == share


@pytest.mark.parametrize("text", ["", "ABCD", "你好", "A" * 40, "=" * 40])
def test_what_is_no_share_is_unreadable(text):
    with pytest.raises(shares.Unreadable):
        shares.parse(text)


@pytest.mark.django_db
def test_two_of_three_open_whoever_they_are():
    texts = given_texts()
    public = find_key(1).public
    for pair in permutations(texts, 2):
        private, names = trustees.combine(campaign_id=1, texts=pair)
        assert public_of(private).hex() == public
        assert len(set(names)) == 2


@pytest.mark.django_db
def test_neither_key_nor_share_is_in_the_database():
    texts = given_texts()
    private, _names = trustees.combine(campaign_id=1, texts=texts[:2])
    rows = serializers.serialize("json", [*SealingKey.objects.all(), *Trustee.objects.all()])
    parsed = [shares.parse(text) for text in texts]
    secrets = [private, shares.combine(parsed[:2]), *(share.secret for share in parsed)]
    assert not any(secret.hex() in rows for secret in secrets)
    assert not any(text in rows for text in texts)


@pytest.mark.django_db
def test_a_wrong_share_is_refused_by_name():
    first, second, _third = given_texts()
    foreign, *_others = given_texts(campaign_id=2)
    with pytest.raises(ShareUnreadable) as unreadable:
        trustees.combine(campaign_id=1, texts=[first, second[:-1] + "?"])
    assert "第二份" in unreadable.value.detail
    with pytest.raises(ShareForeign) as of_others:
        trustees.combine(campaign_id=1, texts=[foreign, second])
    assert "第一份" in of_others.value.detail
    with pytest.raises(ShareTwice) as twice:
        trustees.combine(campaign_id=1, texts=[second, second.lower()])
    assert "王监督" in twice.value.detail
    share = shares.parse(first)
    forged = shares.Share(share.key, share.issue, share.place, bytes(16))
    with pytest.raises(ShareFalse) as false:
        trustees.combine(campaign_id=1, texts=[forged.text, second])
    assert "李主任" in false.value.detail
    with pytest.raises(ShareUnreadable):
        trustees.combine(campaign_id=1, texts=[first])
    with pytest.raises(KeyMissing):
        trustees.combine(campaign_id=3, texts=[first, second])


@pytest.mark.django_db
def test_a_rehearsal_opens_a_test_choice_and_is_noted():
    first, second, third = given_texts()
    with pytest.raises(ShareTwice):
        trustees.rehearse(campaign_id=1, texts=[first, first], now=NOW)
    assert find_key(1).rehearsed_at is None
    assert trustees.rehearse(campaign_id=1, texts=[third, second], now=NOW) == ["赵律师", "王监督"]
    assert find_key(1).rehearsed_at == NOW


@pytest.mark.django_db
def test_a_lost_share_is_replaced_by_two_and_the_key_stays():
    old = given_texts()
    public = find_key(1).public
    new = [one.text for one in given_new(old[1:])]
    private, _names = trustees.combine(campaign_id=1, texts=new[:2])
    assert public_of(private).hex() == public == find_key(1).public
    with pytest.raises(ShareReplaced) as replaced:
        trustees.combine(campaign_id=1, texts=[old[0], new[1]])
    assert "李主任" in replaced.value.detail


@pytest.mark.django_db
def test_when_no_number_is_left_for_another_issue_the_shares_stay_as_they_are():
    given_texts()
    key = SealingKey.objects.get(campaign_id=1)
    seed = shares.make_seed()
    key.public = public_of(shares.private_key_of(seed)).hex()
    key.issue = 255
    key.save()
    texts = []
    for share in shares.split(seed, issue=255):
        key.trustees.filter(place=share.place).update(share_digest=share.digest)
        texts.append(share.text)
    with pytest.raises(SharesSpent):
        given_new(texts[:2])
    assert trustees.combine(campaign_id=1, texts=texts[1:])[0] == shares.private_key_of(seed)


@pytest.mark.django_db
def test_a_new_key_ends_the_rehearsal_and_every_share_of_the_old_one():
    old = given_texts()
    trustees.rehearse(campaign_id=1, texts=old[:2], now=NOW)
    given_texts()
    assert find_key(1).rehearsed_at is None
    with pytest.raises(ShareForeign):
        trustees.combine(campaign_id=1, texts=old[:2])


@pytest.mark.django_db
def test_after_the_opening_shares_are_neither_rehearsed_nor_replaced():
    texts = given_texts()
    trustees.note_opened(campaign_id=1, now=NOW)
    with pytest.raises(KeyOpened):
        trustees.rehearse(campaign_id=1, texts=texts[:2], now=NOW)
    with pytest.raises(KeyOpened):
        given_new(texts[:2])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "people",
    [PEOPLE[:2], [*PEOPLE[:2], PEOPLE[0]], [*PEOPLE[:2], Person("赵律师", " ")]],
)
def test_trustees_are_three_different_people_with_an_office(people):
    with pytest.raises(TrusteesUnclear):
        trustees.make_key(campaign_id=1, people=people, now=NOW)
