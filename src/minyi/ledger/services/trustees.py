# SPDX-License-Identifier: Apache-2.0
"""The key for which a campaign's ballots are sealed, and the three who open them together (ADR 16).

    make_key      three trustees, a new key, three shares; shown once, kept nowhere
    rehearse      two shares open a test choice; without it the campaign is not launched
    reissue       two shares make three new ones of the same key, for one that was lost
    combine       two shares give the private key, at the opening

Key and shares live in the memory of one request. Whoever may ask is the caller's matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from votelog import ChoiceOpener, ChoiceSealer, bind, public_of

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
from minyi.ledger.shares import Share

TEST_CAMPAIGN = "rehearsal"
TEST_CANDIDATES = ("001", "002", "003")
TEST_PICKS = ("001", "003")
TEST_TAG, TEST_NONCE = "0" * 32, "1" * 32


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is to keep a share."""

    name: str
    office: str


@dataclass(frozen=True, slots=True)
class HandedShare:
    """A share on its way to its trustee; never stored."""

    place: int
    name: str
    office: str
    text: str


@transaction.atomic
def make_key(*, campaign_id: int, people: Sequence[Person], now: datetime) -> list[HandedShare]:
    """Make the key of a campaign, or another in its place: all earlier shares are void.

    Raises TrusteesUnclear. The caller makes sure that no ballot has been sealed.
    """
    named = [Person(one.name.strip(), one.office.strip()) for one in people]
    if len({one.name for one in named if one.name and one.office}) != shares.TRUSTEES:
        raise TrusteesUnclear
    seed = shares.make_seed()
    public = public_of(shares.private_key_of(seed)).hex()
    SealingKey.objects.filter(campaign_id=campaign_id).delete()
    key = SealingKey.objects.create(campaign_id=campaign_id, public=public, made_at=now)
    made = shares.split(seed, issue=key.issue)
    for one, share in zip(named, made, strict=True):
        Trustee.objects.create(
            key=key,
            place=share.place,
            name=one.name,
            office=one.office,
            share_digest=share.digest,
        )
    return _handed(key, made)


@transaction.atomic
def rehearse(*, campaign_id: int, texts: Sequence[str], now: datetime) -> list[str]:
    """Open a test choice with two shares and return the names of those who did."""
    key = _lock_key(campaign_id)
    private, names = _private_key(key, texts)
    sealer = ChoiceSealer(
        campaign=TEST_CAMPAIGN, candidates=TEST_CANDIDATES, public=bytes.fromhex(key.public)
    )
    test = sealer.seal(TEST_PICKS, tag=TEST_TAG, nonce=TEST_NONCE)
    opener = ChoiceOpener(campaign=TEST_CAMPAIGN, candidates=TEST_CANDIDATES, private=private)
    binding = bind(TEST_CAMPAIGN.encode(), TEST_TAG, TEST_NONCE)
    picks = opener.open(bytes.fromhex(test.e), test.i, bytes.fromhex(test.x), binding)
    if opener.labels(picks) != TEST_PICKS:
        raise AssertionError("the test choice was opened to another")
    key.rehearsed_at = now
    key.save(update_fields=["rehearsed_at"])
    return names


@transaction.atomic
def reissue(*, campaign_id: int, texts: Sequence[str], is_rehearsed: bool) -> list[HandedShare]:
    """Make three new shares of the same key from two; the earlier ones are refused from now on.

    `is_rehearsed`: whether the rehearsal with the earlier ones still stands. Before the launch it
    does not: nobody has tried the new ones. Raises SharesSpent.
    """
    key = _lock_key(campaign_id)
    given, _names = _read_shares(key, texts)
    if key.issue >= shares.MOST_ISSUES:
        raise SharesSpent(most=shares.MOST_ISSUES)
    seed = _seed_of(key, given)
    key.issue += 1
    if not is_rehearsed:
        key.rehearsed_at = None
    key.save(update_fields=["issue", "rehearsed_at"])
    made = shares.split(seed, issue=key.issue)
    for share in made:
        key.trustees.filter(place=share.place).update(share_digest=share.digest)
    return _handed(key, made)


def combine(*, campaign_id: int, texts: Sequence[str]) -> tuple[bytes, list[str]]:
    """Return the private key from two shares, and the names of those who gave them."""
    key = SealingKey.objects.filter(campaign_id=campaign_id).first()
    if key is None:
        raise KeyMissing
    return _private_key(key, texts)


def note_opened(*, campaign_id: int, now: datetime) -> None:
    """Note that the key stands in the log."""
    SealingKey.objects.filter(campaign_id=campaign_id, opened_at=None).update(opened_at=now)


def _lock_key(campaign_id: int) -> SealingKey:
    key = SealingKey.objects.select_for_update().filter(campaign_id=campaign_id).first()
    if key is None:
        raise KeyMissing
    if key.opened_at is not None:
        raise KeyOpened
    return key


def _private_key(key: SealingKey, texts: Sequence[str]) -> tuple[bytes, list[str]]:
    given, names = _read_shares(key, texts)
    return shares.private_key_of(_seed_of(key, given)), names


def _seed_of(key: SealingKey, given: Sequence[Share]) -> bytes:
    seed = shares.combine(given)
    if public_of(shares.private_key_of(seed)).hex() != key.public:
        raise AssertionError("shares with the right hashes do not give the key")
    return seed


def _read_shares(key: SealingKey, texts: Sequence[str]) -> tuple[list[Share], list[str]]:
    """Return two shares of two trustees; raise what is wrong with one, by its trustee's name."""
    if len(texts) != shares.NEEDED:
        raise ShareUnreadable(which=_("份额"))
    which = (_("第一份份额"), _("第二份份额"))
    checked = [_check(key, text, name) for text, name in zip(texts, which, strict=True)]
    (first, trustee), (second, other) = checked
    if trustee.pk == other.pk:
        raise ShareTwice(name=trustee.name)
    return [first, second], [trustee.name, other.name]


def _check(key: SealingKey, text: str, which: str) -> tuple[Share, Trustee]:
    try:
        share = shares.parse(text)
    except shares.Unreadable as error:
        raise ShareUnreadable(which=which) from error
    if share.key != shares.key_mark(bytes.fromhex(key.public)):
        raise ShareForeign(which=which)
    trustee: Trustee | None = key.trustees.filter(place=share.place).first()
    if trustee is None:
        raise ShareForeign(which=which)
    if share.issue != key.issue:
        raise ShareReplaced(which=which, name=trustee.name, issue=share.issue, current=key.issue)
    if share.digest != trustee.share_digest:
        raise ShareFalse(which=which, name=trustee.name)
    return share, trustee


def _handed(key: SealingKey, made: Sequence[Share]) -> list[HandedShare]:
    people = {one.place: one for one in key.trustees.all()}
    return [
        HandedShare(one.place, people[one.place].name, people[one.place].office, one.text)
        for one in made
    ]
