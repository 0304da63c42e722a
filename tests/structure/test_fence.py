# SPDX-License-Identifier: Apache-2.0
"""Walk every address of the staff console as everybody who must not get through."""

import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from wagtail.admin.viewsets import viewsets

from minyi.agencies.models import Agency, User
from minyi.agencies.policies import Role
from minyi.agencies.samples import SampleOffice, seed_office
from minyi.agencies.tests.given import given_agency, given_client, given_staff, given_user
from minyi.campaigns.samples import seed_campaigns
from minyi.campaigns.services.reporting import start_report
from minyi.campaigns.tests.given import given_rules
from minyi.core.staff import AgencyModelViewSet
from minyi.ledger.tests.given import given_witness
from minyi.publishing.models import OfficialDocument, Picture
from minyi.wechat.desk_samples import seed_desk
from minyi.wechat.samples import seed_account
from minyi.wechat.tests.given import seed_followers
from minyi.wechat.tests.given_desk import seed_conversation

pytestmark = pytest.mark.django_db
# Rooms with no rows of an agency: one's own account, the platform's tables, log-in.
HARMLESS = {
    *("", "login", "logout", "password_reset", "jsi18n", "sprite", "dismissibles", "^.*"),
    *("account", "two-factor", "regions", "rules"),
}
FOR_OPERATORS = {
    *("api", "pages", "bulk", "choose-page", "tag-autocomplete", "collections", "workflows"),
    *("choose-external-link", "choose-email-link", "choose-phone-link", "choose-anchor-link"),
    *("reports", "editing-sessions", "block-preview", "forms", "redirects", "embeds", "snippets"),
    *("sites", "users", "groups", "test404", "failwhale"),
}


def staff_routes() -> list[tuple[str, URLPattern]]:
    """Return (path with its converters, pattern) of every address under /staff/."""

    def walk(prefix: str, patterns: list[URLPattern | URLResolver]):
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(path, pattern.url_patterns)
            else:
                yield path, pattern

    return [
        route for route in walk("", get_resolver().url_patterns) if route[0].startswith("staff/")
    ]


def our_viewsets() -> list[AgencyModelViewSet]:
    assert get_resolver().url_patterns  # reading the addresses fills Wagtail's registry
    return [v for v in viewsets.viewsets if getattr(v, "model", None) and _is_ours(v.model)]


def _is_ours(model: type[Model] | str) -> bool:
    if not isinstance(model, type) or model is User:  # Wagtail's own user screens, for operators
        return False
    return model.__module__.startswith("minyi.") and "publishing" not in model.__module__


def test_every_viewset_of_ours_stands_behind_the_fence():
    outside = [v for v in our_viewsets() if not isinstance(v, AgencyModelViewSet)]
    assert our_viewsets()
    assert not outside


def test_a_misspelt_option_of_a_viewset_does_not_vanish():
    for viewset in our_viewsets():
        known = set(dir(AgencyModelViewSet))
        own = {name for name in vars(type(viewset)) if not name.startswith("_")}
        added = {n for n in own - known if not callable(getattr(viewset, n))}
        assert added <= {"panels", "edit_handler", "form_fields", "exclude_form_fields"}, viewset


@pytest.mark.once
def test_nobody_enters_the_console_without_logging_in():
    client = Client()
    open_to_all = {"staff/login/", "staff/jsi18n/", "staff/logout/"}
    for path, _pattern in staff_routes():
        if path in open_to_all or "password_reset" in path or "sprite" in path or "^" in path:
            continue
        answer = client.get("/" + _filled(path))
        assert answer.status_code in {302, 404, 405}, path
        if answer.status_code == 302:
            assert "/staff/login/" in answer.headers["Location"], path


def _filled(path: str, **places: object) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda place: str(places.get(place[1], "1")), path)


@pytest.fixture(scope="module")
def furnished(django_db_setup, django_db_blocker) -> Iterator[SampleOffice]:
    """The sample office with rows in every table the console shows, until the last test here."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield _furnish()
        transaction.set_rollback(True)


@pytest.fixture
def full_house(furnished, db) -> SampleOffice:
    """The furnished office; what a test changes in it is undone after the test."""
    return furnished


def _furnish() -> SampleOffice:
    given_rules()  # a test that flushes the database takes them along
    office = seed_office()
    seed_campaigns(office=office, now=timezone.now())
    given_report(office)
    seed_account(office.account)
    seed_conversation(seed_followers(office.account))
    seed_desk(office.account, now=timezone.now())
    given_witness(office.account.agency, organisation="示例公证处")
    given_ruling(office)
    return office


def given_ruling(office: SampleOffice) -> None:
    """A ruling and an appeal; without a public log nobody could make them."""
    manager = apps.get_model("campaigns.Round").objects
    paper = manager.filter(campaign__agency=office.agency).first()
    now = timezone.now()
    evidence = apps.get_model("campaigns.EvidenceFile").objects.create(
        campaign=paper.campaign,
        sha256="0" * 64,
        name="示例依据",
        file=ContentFile(b"{}", name="evidence.bin"),
        stored_at=now,
    )
    ruling = apps.get_model("campaigns.Ruling").objects.create(
        round=paper,
        kind="void",
        ballots=[[1, 2]],
        ballot_count=1,
        rule="manual",
        evidence=evidence,
        by="office",
        state="proposed",
        proposed_by=office.people["jingban"],
        proposed_at=now,
    )
    given_cluster(paper, ruling)
    apps.get_model("campaigns.Appeal").objects.create(
        round=paper, number=1, place=1, voter_ref="0" * 32, statement="示例申诉", filed_at=now
    )


def given_cluster(paper, ruling) -> None:
    """A cluster the ruling is about, and a blind sample."""
    cluster = apps.get_model("campaigns.Cluster").objects.create(
        round=paper,
        number=901,
        source="batch",
        candidate=1,
        rules="same_tempo",
        ballots=[[1, 2]],
        ballot_count=1,
        first_ms=paper.opens_ms,
        last_ms=paper.opens_ms,
        found_at=ruling.proposed_at,
    )
    apps.get_model("campaigns.ClusterRuling").objects.create(
        cluster=cluster, ruling=ruling, lot=ruling.pk, left_out=0
    )
    apps.get_model("campaigns.BlindSample").objects.create(
        round=paper, place=1, is_held=True, drawn_at=ruling.proposed_at
    )


def given_report(office: SampleOffice) -> None:
    finished = (
        apps.get_model("campaigns.Result")
        ._default_manager.filter(published_at__isnull=False)
        .first()
    )
    start_report(
        campaign_id=finished.campaign_id, actor=office.people["zuzhi"].actor, now=timezone.now()
    )


@pytest.mark.once
def test_a_stranger_with_every_role_elsewhere_opens_and_changes_no_row(full_house):
    client = given_client(given_stranger_with_every_role())
    rows = rows_of(full_house)
    walked = 0
    for path, _pattern in staff_routes():
        prefix = _room(path)
        if prefix not in rows:
            assert prefix in HARMLESS | FOR_OPERATORS, f"Nobody has looked at /{path}"
            continue
        walked += 1
        filled = "/" + _filled(path, **rows[prefix])
        for answer in (client.get(filled), client.post(filled, {})):
            _assert_nothing_seen(answer, filled, names_a_row="<" in path)
    assert walked > 60


@pytest.mark.once
def test_wagtails_other_screens_and_its_api_are_for_operators(full_house):
    stranger = given_client(given_stranger_with_every_role())
    operator = given_client(given_user("operator", is_superuser=True))
    seen = set()
    for path, _pattern in staff_routes():
        if _room(path) not in FOR_OPERATORS:
            continue
        seen.add(_room(path))
        filled = "/" + _filled(path.replace("^", ""))
        for answer in (stranger.get(filled), stranger.post(filled, {})):
            assert answer.status_code == 403, filled
    assert seen == FOR_OPERATORS, "the list names a room that is no more"
    assert operator.get("/staff/users/").status_code == 200


def test_the_listings_and_choosers_show_pictures_and_documents_of_ones_own_agency(full_house):
    stranger = given_client(given_stranger_with_every_role())
    insider = given_client(full_house.people["zuzhi"])
    document, picture = OfficialDocument.objects.first(), Picture.objects.first()
    for room, item in (("documents", document), ("images", picture)):
        chosen = [f"chooser/chosen/{item.pk}/", f"chooser/chosen-multiple/?id={item.pk}"]
        for inner in ("", "results/", "chooser/", "chooser/results/", *chosen):
            path = f"/staff/{room}/{inner}"
            assert item.title not in _told(stranger.get(path)), path
        assert item.title in _told(insider.get(f"/staff/{room}/chooser/chosen/{item.pk}/"))


def test_a_document_opens_outside_the_agency_only_when_a_public_campaign_uses_it(full_house):
    stranger = given_client(given_stranger_with_every_role())
    insider = given_client(full_house.people["zuzhi"])
    unused = OfficialDocument.objects.create(
        title="未公开的批准文件（示例）",
        file=ContentFile(b"%PDF-1.4 secret", name="secret.pdf"),
        collection=full_house.agency.library,
    )
    assert _opens(insider, unused)
    assert not _opens(stranger, unused)
    assert not _opens(Client(), unused)
    campaigns = apps.get_model("campaigns.Campaign")._default_manager
    public = campaigns.public().filter(approval_document__isnull=False).first()
    assert _opens(Client(), public.approval_document)


def _opens(client: Client, document: OfficialDocument) -> bool:
    answer = client.get(document.url)
    if answer.streaming:  # read to its end: closing it early would close the test's connection
        b"".join(answer.streaming_content)
    return answer.status_code == 200


def _room(path: str) -> str:
    return path.split("/")[1]


def _told(answer) -> str:
    """Return what an answer says, be it a page or JSON with escaped words."""
    text = answer.content.decode(errors="replace")
    return text.encode().decode("unicode_escape", "replace") if "\\u" in text else text


def given_stranger_with_every_role() -> User:
    elsewhere = given_agency("别处的单位")
    user = given_staff(elsewhere, Role.ORGANISER)
    for role in set(Role) - {Role.ORGANISER}:
        user.posts.create(agency=elsewhere, role=role, since="2026-01-01")
    return user


def rows_of(office: SampleOffice) -> dict[str, dict[str, object]]:
    """Return, for each room of the console, what to put into its addresses."""
    insider = office.people["zuzhi"].actor

    def first(model: str) -> str:
        manager = apps.get_model(model)._default_manager
        return str(manager.visible_to(insider).first().pk)

    named = {
        "campaign_id": first("campaigns.Campaign"),
        "complaint_id": first("campaigns.VoteComplaint"),
        "nomination_id": first("campaigns.Nomination"),
        "opening_id": first("ledger.VaultOpening"),
        "sample_id": "1",
        "objection_id": first("campaigns.Objection"),
        "objection_file_id": str(apps.get_model("campaigns.ObjectionFile").objects.first().pk),
        "ruling_id": first("campaigns.Ruling"),
        "cluster_id": first("campaigns.Cluster"),
        "blind_sample_id": first("campaigns.BlindSample"),
        "lot": str(apps.get_model("campaigns.ClusterRuling").objects.first().lot),
        "appeal_id": first("campaigns.Appeal"),
        "evidence_id": first("campaigns.EvidenceFile"),
        "nominee_id": first("campaigns.Nominee"),
        "juror_id": first("campaigns.Juror"),
        "post_id": first("agencies.Post"),
        "file_id": "1",
        "certificate_id": first("campaigns.Certificate"),
        "report_id": first("campaigns.ActivityReport"),
        "kind": "csv",
        "account_id": first("agencies.OfficialAccount"),
        "contact_id": first("wechat.Contact"),
        "conversation_id": first("wechat.Conversation"),
        "message_id": str(apps.get_model("wechat.ChatMessage")._default_manager.first().pk),
        "quick_reply_id": first("wechat.QuickReply"),
        "reply_id": first("wechat.KeywordReply"),
        "scene_id": first("wechat.Scene"),
        "shift_id": first("wechat.DutyShift"),
        "sync_id": first("wechat.FollowerSync"),
        "tag_menu_id": first("wechat.TagMenu"),
        "tag_row_id": first("wechat.FollowerTag"),
    }
    rooms = {
        "campaigns": "campaigns.Campaign",
        "nominations": "campaigns.Nomination",
        "nominees": "campaigns.Nominee",
        "jury": "campaigns.Juror",
        "results": "campaigns.Result",
        "supervision": "campaigns.VoteComplaint",
        "vault": "ledger.VaultOpening",
        "objections": "campaigns.Objection",
        "ballots": "campaigns.Ruling",
        "certificates": "campaigns.Certificate",
        "activity-reports": "campaigns.ActivityReport",
        "agencies": "agencies.Agency",
        "accounts": "agencies.OfficialAccount",
        "posts": "agencies.Post",
        "witnesses": "ledger.Witness",
        "audit": "core.AuditEntry",
        "wechat": "wechat.Menu",
    }
    document, picture = OfficialDocument.objects.first(), Picture.objects.first()
    return {room: {**named, "pk": first(model)} for room, model in rooms.items()} | {
        "documents": {"document_id": document.pk, "doc_id": document.pk, "pk": document.pk},
        "images": {"image_id": picture.pk, "pk": picture.pk, "filter_spec": "width-10"},
    }


def _assert_nothing_seen(answer, path: str, *, names_a_row: bool) -> None:
    told = _main(answer.content.decode(errors="replace"))
    assert "示例" not in told, path
    if names_a_row:
        assert answer.status_code in {302, 403, 404, 405}, (path, answer.status_code)
        if answer.status_code == 302:
            assert answer.headers["Location"] in {"/staff/", "/staff"}, path


def _main(html: str) -> str:
    """Cut the sidebar: it names the product, not rows."""
    return html[html.find("<main") :] if "<main" in html else html


def test_the_sample_people_see_only_their_own_agency(full_house):
    neighbour = Agency.objects.get(short_name="禾东县中心")
    client = given_client(neighbour.posts.first().user)
    listing = client.get("/staff/campaigns/").content.decode()
    assert "十佳政务服务窗口评选" not in _main(listing)
