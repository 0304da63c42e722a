# SPDX-License-Identifier: Apache-2.0
"""The menu editor, as the office uses it. WeChat is the sandbox, or nobody."""

import io

import httpx
import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from minyi.agencies.policies import Role
from minyi.agencies.tests.given import given_client, given_staff
from minyi.core.models import AuditEntry
from minyi.wechat.asking import ask_wechat
from minyi.wechat.buttons import (
    Button,
    Kind,
    compare,
    find_problems,
    read_draft,
    to_wechat,
    write_draft,
)
from minyi.wechat.models import Article, FollowerTag, Menu, TagMenu
from minyi.wechat.tests.given import given_official_account, read_book

pytestmark = pytest.mark.django_db
URL = "/staff/wechat/menus"
NEWS = Button(name="最新消息", kind=Kind.OPEN, url="https://minyi.example/news")
HOURS = Button(name="办公时间", kind=Kind.REPLY, text="周一至周五 9:00—17:00")
MENU = (Button(name="服务", sub=(NEWS, HOURS)), Button(name="人工", kind=Kind.SAY, text="人工"))


@pytest.fixture
def account(settings):
    settings.WECHAT_SECRETS = {"sandbox": {"secret": "sandbox-secret-not-for-production"}}
    return given_official_account()


@pytest.fixture(autouse=True)
def empty_library(request, monkeypatch):
    """WeChat's library has nothing in it, unless a test brings a sandbox."""
    if "sandbox" not in request.fixturenames:
        monkeypatch.setattr("minyi.wechat.services.targets.ask_wechat", lambda *_asked: [])


@pytest.fixture
def editor(account) -> Client:
    return given_client(given_staff(account.agency, Role.EDITOR))


def typed(buttons: tuple[Button, ...], *, version: int = 0, act: str = "save") -> dict[str, str]:
    """The form as a browser sends it."""
    form = {"version": str(version), "act": act}
    for top, button in enumerate(buttons):
        places = [(str(top), button)]
        places += [(f"{top}.{below}", one) for below, one in enumerate(button.sub)]
        for place, one in places:
            for field in ("name", "kind", "url", "text", "appid", "page", "item"):
                form[f"{place}-{field}"] = getattr(one, field)
    return form


def test_a_draft_is_kept_and_says_who_saved_it(editor, account):
    answer = editor.post(f"{URL}/{account.pk}/", typed(MENU))
    assert answer.status_code == 302
    menu = Menu.objects.get()
    assert read_draft(menu.draft) == MENU
    assert menu.live == []
    assert menu.version == 1
    assert AuditEntry.objects.filter(act="wechat.menu.saved").count() == 1


def test_saving_the_same_twice_changes_nothing(editor, account):
    editor.post(f"{URL}/{account.pk}/", typed(MENU))
    editor.post(f"{URL}/{account.pk}/", typed(MENU, version=1))
    assert Menu.objects.get().version == 1
    assert AuditEntry.objects.count() == 1


def test_a_stale_save_is_refused_with_what_differs_and_keeps_what_was_typed(editor, account):
    editor.post(f"{URL}/{account.pk}/", typed(MENU))
    other = (Button(name="别的菜单", kind=Kind.OPEN, url="https://minyi.example/other"),)
    answer = editor.post(f"{URL}/{account.pk}/", typed(other, version=0))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "菜单刚刚改过" in page
    assert "您自己在另一个窗口保存了另一份草稿" in page
    assert "办公时间" in page  # what the other person saved
    assert "“人工”" in page
    assert "say:" not in page  # plain words, not the keys WeChat sends us
    assert "reply:" not in page
    assert 'value="别的菜单"' in page  # what was typed
    assert read_draft(Menu.objects.get().draft) == MENU


def test_buttons_move_without_a_script_and_nothing_is_saved(editor, account):
    answer = editor.post(f"{URL}/{account.pk}/", typed(MENU, act="down:0.0"))
    assert [button.name for button in buttons_on(answer)[0].sub] == ["办公时间", "最新消息"]
    answer = editor.post(f"{URL}/{account.pk}/", typed(MENU, act="up:1"))
    assert [button.name for button in buttons_on(answer)] == ["人工", "服务"]
    answer = editor.post(f"{URL}/{account.pk}/", typed(MENU, act="remove:0"))
    assert [button.name for button in buttons_on(answer)] == ["人工"]
    assert Menu.objects.get().draft == []


@pytest.mark.parametrize("act", ["up:0", "down:2", "up:9", "down:0.9", "up:x", "remove:", "up:0.x"])
def test_a_move_that_leads_nowhere_loses_nothing(editor, account, act):
    assert buttons_on(editor.post(f"{URL}/{account.pk}/", typed(MENU, act=act))) is not None
    assert len(buttons_on(editor.post(f"{URL}/{account.pk}/", typed(MENU, act=act)))) == 2


def buttons_on(answer) -> list[Button]:
    """The buttons a page shows, gaps left out."""
    rows = answer.context["rows"]
    return [
        Button(name=row.button.name, sub=tuple(s.button for s in row.sub if not s.is_empty))
        for row in rows
        if row.button.name
    ]


def test_the_preview_draws_what_is_typed_and_keeps_nothing(editor, account):
    answer = editor.post(f"{URL}/{account.pk}/preview/", typed(MENU))
    assert "办公时间" in answer.content.decode()
    assert not Menu.objects.exists()


def test_a_name_is_measured_in_bytes():
    long = Button(name="六个汉字太长", kind=Kind.SCAN)
    fits = Button(name="五个汉字吧", kind=Kind.SCAN)  # 15 of 16 bytes
    assert find_problems([fits]) == {}
    assert find_problems([long])["0"][0][0] == "name"
    assert find_problems([Button(name="上", sub=(long,))]) == {}  # 60 bytes below


@pytest.mark.parametrize(
    ("button", "field"),
    [
        (Button(name="a", kind=Kind.OPEN), "url"),
        (Button(name="a", kind=Kind.OPEN, url="javascript:alert(1)"), "url"),
        (Button(name="a", kind=Kind.OPEN, url="https://a/" + "x" * 1024), "url"),
        (Button(name="a", kind=Kind.REPLY, text="字" * 683), "text"),
        (Button(name="a", kind=Kind.SAY, text="字" * 42), "text"),
        (Button(name="a", kind=Kind.MINI, appid="wx1", page="p"), "url"),
        (Button(name="a", kind="nonsense"), "kind"),
        (Button(kind=Kind.SCAN, text="x"), "name"),
    ],
)
def test_what_wechat_would_refuse_is_said_beside_the_field(button, field):
    assert field in dict(find_problems([button])["0"])


def test_every_kind_becomes_a_type_wechat_knows_and_comes_back_the_same():
    whole = {"url": "https://a/", "text": "x", "appid": "wx1", "page": "p", "item": "m"}
    for kind in Kind:
        button = Button(name="a", kind=kind, **whole)
        assert read_draft(write_draft([button])) == (button,)
        assert find_problems([button]) == {}
        assert compare([button], to_wechat([button])) == []


def test_a_menu_made_elsewhere_shows_as_different():
    theirs = [{"name": "服务", "sub_button": {"list": [{"type": "news", "name": "图文"}]}}]
    places = [one.place for one in compare(MENU, theirs)]
    assert places == ["0.0", "0.1", "1"]


def test_an_incomplete_menu_is_not_sent(editor, account, monkeypatch):
    monkeypatch.setattr("minyi.wechat.services.menus.ask_wechat", unexpected)
    broken = (Button(name="没有网址", kind=Kind.OPEN),)
    answer = editor.post(f"{URL}/{account.pk}/", typed(broken, act="publish"))
    assert answer.status_code == 409
    assert "请填写网址" in answer.content.decode()
    assert "没有发布。您填写的内容已存为草稿" in answer.content.decode()
    assert read_draft(Menu.objects.get().draft) == broken
    assert Menu.objects.get().published_at is None


def test_articles_and_materials_are_chosen_by_name(editor, account, sandbox):
    picture = add_picture(account, "办事大厅.png")
    Article.objects.create(
        account=account,
        title="周末办事指南",
        body="",
        written_by=given_staff(account.agency, Role.EDITOR),
        changed_at=timezone.now(),
        state="published",
        article_id="article-7",
    )
    page = editor.get(f"{URL}/{account.pk}/").content.decode()
    assert '<option value="article-7">周末办事指南</option>' in page
    assert f'<option value="{picture}">图片：办事大厅.png</option>' in page
    chosen = (Button(name="大厅", kind=Kind.MEDIA, item=picture),)
    assert editor.post(f"{URL}/{account.pk}/", typed(chosen, act="publish")).status_code == 302
    page = editor.get(f"{URL}/{account.pk}/").content.decode()
    assert f'<option value="{picture}" selected>' in page


def test_a_number_that_is_in_no_list_any_more_stays_chosen(editor, account):
    kept = (Button(name="旧文章", kind=Kind.ARTICLE, item="article-gone"),)
    editor.post(f"{URL}/{account.pk}/", typed(kept))
    page = editor.get(f"{URL}/{account.pk}/").content.decode()
    assert '<option value="article-gone" selected>article-gone</option>' in page


def add_picture(account, name: str) -> str:
    """Put a picture into the account's library at WeChat; return its number."""
    pixel = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(pixel, "PNG")
    added = ask_wechat(
        account,
        lambda client: client.materials.add(kind="image", name=name, content=pixel.getvalue()),
    )
    return added.media_id


def unexpected(*_args: object, **_named: object) -> None:
    pytest.fail("WeChat was asked")


def test_without_an_answer_the_draft_is_saved_and_nothing_counts_as_published(
    editor, account, silence
):
    answer = editor.post(f"{URL}/{account.pk}/", typed(MENU, act="publish"))
    assert answer.status_code == 409
    assert "微信没有响应" in answer.content.decode()
    menu = Menu.objects.get()
    assert (menu.live, menu.published_at, menu.versions.count()) == ([], None, 0)
    assert read_draft(menu.draft) == MENU


def test_a_comparison_without_an_answer_says_so(editor, account, silence):
    answer = editor.get(f"{URL}/{account.pk}/compare/")
    assert answer.status_code == 503
    assert "微信没有响应" in answer.content.decode()


def test_what_is_published_is_what_the_phone_shows(editor, account, sandbox):
    sandbox.order("follow", citizen=1, account="sandbox")
    answer = editor.post(f"{URL}/{account.pk}/", typed(MENU, act="publish"))
    assert answer.status_code == 302, answer.content.decode()
    phone = httpx.Client(base_url=sandbox.url, trust_env=False, follow_redirects=True)
    with phone:
        phone.post("/people", data={"citizen": "1"})
        chat = phone.get("/chats/sandbox").text
    assert "服务" in chat
    assert "最新消息" in chat
    assert "办公时间" in chat
    compared = editor.get(f"{URL}/{account.pk}/compare/").content.decode()
    assert "一致" in compared


def test_an_earlier_version_comes_back_and_the_menu_can_be_taken_off(editor, account, sandbox):
    editor.post(f"{URL}/{account.pk}/", typed(MENU, act="publish"))
    editor.post(f"{URL}/{account.pk}/", typed(MENU[:1], version=1, act="publish"))
    menu = Menu.objects.get()
    assert [kept.number for kept in menu.versions.all()] == [2, 1]
    editor.post(f"{URL}/{account.pk}/versions/1/restore/")
    menu.refresh_from_db()
    assert read_draft(menu.draft) == MENU
    assert read_draft(menu.live) == MENU[:1]
    editor.post(f"{URL}/{account.pk}/unpublish/")
    menu.refresh_from_db()
    assert menu.live == []
    assert "微信上没有菜单" in editor.get(f"{URL}/{account.pk}/compare/").content.decode()
    acts = set(AuditEntry.objects.values_list("act", flat=True))
    assert {"wechat.menu.published", "wechat.menu.restored", "wechat.menu.unpublished"} <= acts


def test_a_menu_by_tag_is_published_replaced_and_taken_off(editor, account, sandbox):
    editor.post(f"{URL}/{account.pk}/", typed(MENU, act="publish"))
    editor.post(f"/staff/wechat/followers/{account.pk}/tags/", {"name": "关心评选"})
    tag = FollowerTag.objects.get()
    asked = {"name": "评选菜单", "tag_id": tag.wechat_id}
    editor.post(f"{URL}/{account.pk}/by-tag/", asked)
    menu = TagMenu.objects.get()
    page = f"{URL}/by-tag/{menu.pk}/"
    assert editor.post(page, typed(MENU[1:], act="publish")).status_code == 302
    menu.refresh_from_db()
    first = menu.menuid
    assert first
    editor.post(page, typed(MENU[:1], version=1, act="publish"))
    menu.refresh_from_db()
    assert menu.menuid not in ("", first)
    editor.post(f"{page}unpublish/")
    menu.refresh_from_db()
    assert menu.menuid == ""
    editor.post(f"{page}delete/")
    assert not TagMenu.objects.exists()


def test_a_menu_by_tag_needs_a_tag_or_a_phone(editor, account):
    answer = editor.post(f"{URL}/{account.pk}/by-tag/", {"name": "人人可见"})
    assert answer.status_code == 422
    assert not TagMenu.objects.exists()


def test_an_uncertified_account_reads_why_and_wechat_is_not_asked(editor, account, monkeypatch):
    account.is_verified = False
    account.save()
    TagMenu.objects.create(account=account, name="旧的", tag_id=1, draft=write_draft(MENU))
    monkeypatch.setattr("minyi.wechat.services.tag_menus.ask_wechat", unexpected)
    page = f"{URL}/by-tag/{TagMenu.objects.get().pk}/"
    told = editor.get(page).content.decode()
    assert "尚未完成微信认证" in told
    answer = editor.post(page, typed(MENU, act="publish"))
    assert "尚未完成微信认证" in answer.content.decode()


def test_phones_that_still_show_an_older_menu_are_answered(account):
    menu = Menu.objects.create(account=account, live=write_draft([HOURS]))
    for number in range(1, 5):
        old = Button(name="旧", kind=Kind.REPLY, text=f"第 {number} 版的回答")
        at = f"2026-11-0{number}T00:00Z"
        menu.versions.create(number=number, buttons=write_draft([old]), published_at=at)
    book = read_book(account)
    said = {reply.said for reply in book.clicks.values()}
    assert said == {HOURS.text, "第 2 版的回答", "第 3 版的回答", "第 4 版的回答"}


def test_whoever_only_looks_sees_the_menu_and_changes_nothing(account):
    reader = given_client(given_staff(account.agency, Role.LEADER))
    assert reader.get(f"{URL}/{account.pk}/").status_code == 200
    assert reader.post(f"{URL}/{account.pk}/", typed(MENU)).status_code == 403
    assert Menu.objects.get().draft == []


def test_the_menu_page_stays_within_its_queries(editor, account, django_assert_max_num_queries):
    editor.post(f"{URL}/{account.pk}/", typed(MENU))
    editor.get(f"{URL}/{account.pk}/")
    with django_assert_max_num_queries(17):
        editor.get(f"{URL}/{account.pk}/")
