# SPDX-License-Identifier: Apache-2.0
"""Scenes: the list with its counts, a form, and the code to look at and to download."""

import io

import segno
from django import forms
from django.contrib import messages
from django.core.validators import RegexValidator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.admin.widgets import AdminAutoHeightTextInput

from minyi.core.errors import DomainError, NotAllowed, NotFound
from minyi.core.staff import AgencyPolicy
from minyi.wechat.capabilities import Ability, may
from minyi.wechat.errors import RowNotFound
from minyi.wechat.models import Scene
from minyi.wechat.services import scenes

from . import pages
from .replies import check_bytes, web_address

ICON = "view"
EDIT = "wechat.menus"
PRINT_SCALE = 20  # dots a module: some 1000 px, enough for a poster


class SceneForm(forms.ModelForm):
    """A scene: where the code hangs, and what those who scan it read."""

    key = forms.CharField(
        label=gettext_lazy("标识"),
        max_length=64,
        validators=[
            RegexValidator(
                r"^[A-Za-z0-9_-]+\Z", gettext_lazy("只能用英文字母、数字、短横线和下划线。")
            )
        ],
        help_text=gettext_lazy("写进二维码，不对外显示，例如 hall-2f-window-3。"),
    )
    url = web_address(
        gettext_lazy("附带链接"), 1000, gettext_lazy("附在欢迎语后面，例如评价页面的网址。")
    )
    is_permanent = forms.TypedChoiceField(
        label=gettext_lazy("有效期"),
        coerce=lambda said: said == "1",
        choices=[
            ("1", gettext_lazy("永久（每个公众号最多 10 万个，生成后不能删除）")),
            ("", gettext_lazy("30 天，到期可以重新生成")),
        ],
        widget=forms.RadioSelect,
        required=False,
        empty_value="",
    )

    class Meta:
        model = Scene
        fields = ["name", "key", "welcome", "url", "is_permanent"]
        widgets = {"welcome": AdminAutoHeightTextInput}
        help_texts = {
            "name": gettext_lazy("张贴在哪里，例如：政务大厅二楼 3 号窗口。"),
            "welcome": gettext_lazy("扫码的人收到，无论是否新关注。不填则用公众号的关注后回复。"),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["welcome"].validators.append(check_bytes)
        if self.instance.pk:
            self.initial["is_permanent"] = "1" if self.instance.is_permanent else ""
        else:
            self.initial.setdefault("is_permanent", "1")
        if self.instance.ticket:
            self.fields["key"].disabled = self.fields["is_permanent"].disabled = True

    def clean_is_permanent(self):
        # A disabled choice hands back its initial text.
        return self.cleaned_data["is_permanent"] in (True, "1")

    def content(self):
        """Return what was filled in, ready for the service."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


@require_safe
def index(request, account_id):
    """Show the scenes with what came through them."""
    account = pages.account_for(request, account_id, "wechat.view")
    return pages.show(
        request,
        "scenes.html",
        title=_("场景二维码"),
        icon=ICON,
        account=account,
        room="wechat_scenes",
        rows=list(Scene.objects.filter(account=account)),
        now=timezone.now(),
        can_edit=request.user.actor.can(EDIT, account.agency_id),
        ability=may(account, Ability.QRCODE),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def add(request, account_id):
    """Add a scene."""
    account = pages.account_for(request, account_id, EDIT)
    form = SceneForm(request.POST or None, initial={"is_permanent": "1"})
    if request.method == "POST" and form.is_valid():
        try:
            scene = scenes.add_scene(
                account=account,
                content=form.content(),
                actor=request.user.actor,
                now=timezone.now(),
            )
        except (NotAllowed, NotFound):
            raise
        except DomainError as refusal:
            pages.explain(form, refusal)
        else:
            messages.success(request, _("场景已保存，现在可以生成二维码。"))
            return redirect("wechat_scene", scene.pk)
    return _page(request, account, form, title=_("新增场景二维码"))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, scene_id):
    """Show a scene with its code; change it."""
    scene = pages.row_for(request, Scene, scene_id, "wechat.view")
    form = SceneForm(request.POST or None, instance=scene)
    if request.method == "POST":
        request.user.actor.check(EDIT, scene.account.agency_id)
    if request.method == "POST" and form.is_valid():
        try:
            scenes.change_scene(
                scene_id=scene.pk,
                content=form.content(),
                actor=request.user.actor,
                now=timezone.now(),
            )
        except (NotAllowed, NotFound):
            raise
        except DomainError as refusal:
            pages.explain(form, refusal)
        else:
            messages.success(request, _("已保存，几秒钟内生效。"))
            return redirect("wechat_scene", scene.pk)
    return _page(request, scene.account, form, title=scene.name, scene=scene)


def _page(request, account, form, *, title, scene=None):
    now = timezone.now()
    return pages.show(
        request,
        "scene.html",
        title=title,
        icon=ICON,
        account=account,
        trail=[(_("场景二维码"), reverse("wechat_scenes", args=[account.pk]))],
        status=422 if form.errors else 200,
        form=form,
        scene=scene,
        qr=_drawn(scene.target_url).svg_data_uri(scale=6, border=4) if _is_made(scene) else "",
        is_over=bool(scene and scene.expires_at and scene.expires_at <= now),
        can_edit=request.user.actor.can(EDIT, account.agency_id),
        ability=may(account, Ability.QRCODE),
    )


@require_POST
def make(request, scene_id):
    """Have WeChat make the code."""
    scene = pages.row_for(request, Scene, scene_id, EDIT)
    pages.succeeded(
        request,
        lambda: scenes.make_code(scene_id=scene.pk, actor=request.user.actor, now=timezone.now()),
        said=_("二维码已生成。"),
    )
    return redirect("wechat_scene", scene.pk)


@require_POST
def delete(request, scene_id):
    """Delete a scene nobody can be holding the code of."""
    scene = pages.row_for(request, Scene, scene_id, EDIT)
    done = pages.succeeded(
        request,
        lambda: scenes.delete_scene(
            scene_id=scene.pk, actor=request.user.actor, now=timezone.now()
        ),
        said=_("场景已删除。"),
    )
    return redirect(
        "wechat_scenes" if done else "wechat_scene", scene.account_id if done else scene.pk
    )


@require_safe
def picture(request, scene_id):
    """Send the code as a picture for printing."""
    scene = pages.row_for(request, Scene, scene_id, "wechat.view")
    if not _is_made(scene):
        raise RowNotFound
    png = io.BytesIO()
    _drawn(scene.target_url).save(png, kind="png", scale=PRINT_SCALE, border=4)
    response = HttpResponse(png.getvalue(), content_type="image/png")
    response["Content-Disposition"] = f'attachment; filename="{scene.key}.png"'
    return response


def _is_made(scene):
    return scene is not None and bool(scene.target_url)


def _drawn(url):
    # What WeChat's own picture shows is this address; drawing it here asks nobody (§8).
    return segno.make(url, error="m", micro=False)


class SceneRoom(pages.AccountRoom):
    name = "wechat_scenes"
    url_prefix = "wechat/scenes"
    icon = ICON
    menu_label = gettext_lazy("场景二维码")
    page = "wechat_scenes"


viewsets = [SceneRoom()]
urls = [
    path("wechat/scenes/<int:account_id>/", index, name="wechat_scenes"),
    path("wechat/scenes/<int:account_id>/add/", add, name="wechat_scene_add"),
    path("wechat/scenes/edit/<int:scene_id>/", edit, name="wechat_scene"),
    path("wechat/scenes/edit/<int:scene_id>/make/", make, name="wechat_scene_make"),
    path("wechat/scenes/edit/<int:scene_id>/delete/", delete, name="wechat_scene_delete"),
    path("wechat/scenes/edit/<int:scene_id>/code.png", picture, name="wechat_scene_picture"),
]
policies = [
    AgencyPolicy(Scene, grants={"view": "wechat.view"}, agency_path="account__agency_id"),
]
