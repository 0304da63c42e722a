# SPDX-License-Identifier: Apache-2.0
"""Scenes: QR codes that say where somebody came from, and greet them for it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from minyi.agencies.models import OfficialAccount
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.wechat.asking import ask_wechat
from minyi.wechat.capabilities import Ability
from minyi.wechat.errors import SceneInUse, SceneKeyTaken
from minyi.wechat.models import Scene
from minyi.wechat.refusals import check_able

MAY = "wechat.menus"
LONGEST = timedelta(days=30)  # of a temporary code (wechat-api.md §8)


def note_scan(*, account_id: int, key: str, followed: bool) -> bool:
    """Count a scan, and a follow where one came of it; tell whether the scene is one of ours.

    Called once for each event that is no repetition. One UPDATE, so no scan is lost.
    """
    scenes = Scene.objects.filter(account_id=account_id, key=key)
    return bool(scenes.update(scans=F("scans") + 1, follows=F("follows") + int(followed)))


@transaction.atomic
def add_scene(
    *, account: OfficialAccount, content: Mapping[str, Any], actor: Actor, now: datetime
) -> Scene:
    """Add a scene; its code is made by `make_code`."""
    actor.check(MAY, account.agency_id)
    if Scene.objects.filter(account=account, key=content["key"]).exists():
        raise SceneKeyTaken(key=content["key"])
    scene = Scene.objects.create(account=account, **content)
    _record(actor, "wechat.scene.saved", scene, now)
    return scene


@transaction.atomic
def change_scene(
    *, scene_id: int, content: Mapping[str, Any], actor: Actor, now: datetime
) -> Scene:
    """Change a scene; once the code exists, what it stands for stays."""
    scene = _locked(scene_id, actor)
    changed = sorted(name for name, value in content.items() if getattr(scene, name) != value)
    if scene.ticket and {"key", "is_permanent"} & set(changed):
        raise SceneInUse
    others = Scene.objects.filter(account_id=scene.account_id, key=content["key"])
    if others.exclude(pk=scene.pk).exists():
        raise SceneKeyTaken(key=content["key"])
    if changed:
        for name in changed:
            setattr(scene, name, content[name])
        scene.save(update_fields=changed)
        _record(actor, "wechat.scene.saved", scene, now, changed=changed)
    return scene


def make_code(*, scene_id: int, actor: Actor, now: datetime) -> Scene:
    """Have WeChat make the code; a temporary one can be made again when it has run out."""
    scene: Scene = Scene.objects.visible_to(actor).select_related("account").get(pk=scene_id)
    actor.check(MAY, scene.account.agency_id)
    check_able(scene.account, Ability.QRCODE)
    if scene.is_permanent and scene.ticket:
        return scene
    key, seconds = scene.key, int(LONGEST.total_seconds())
    made = ask_wechat(
        scene.account,
        (lambda client: client.qrcodes.create_permanent(scene=key))
        if scene.is_permanent
        else (lambda client: client.qrcodes.create_temporary(scene=key, seconds=seconds)),
    )
    with transaction.atomic():
        scene = _locked(scene_id, actor)
        scene.ticket, scene.target_url, scene.made_at = made.ticket, made.url, now
        scene.expires_at = None if scene.is_permanent else now + LONGEST
        scene.save(update_fields=["ticket", "target_url", "made_at", "expires_at"])
        _record(actor, "wechat.scene.made", scene, now, is_permanent=scene.is_permanent)
    return scene


@transaction.atomic
def delete_scene(*, scene_id: int, actor: Actor, now: datetime) -> None:
    """Delete a scene whose code nobody can have in hand."""
    scene = _locked(scene_id, actor)
    is_valid = scene.is_permanent or (scene.expires_at is not None and scene.expires_at > now)
    if scene.ticket and is_valid:
        raise SceneInUse
    _record(actor, "wechat.scene.deleted", scene, now, key=scene.key)
    scene.delete()


def _locked(scene_id: int, actor: Actor) -> Scene:
    rows = Scene.objects.visible_to(actor).select_for_update(of=("self",))
    scene: Scene = rows.select_related("account").get(pk=scene_id)
    actor.check(MAY, scene.account.agency_id)
    return scene


def _record(actor: Actor, act: str, scene: Scene, now: datetime, **facts: object) -> None:
    audit.record(
        actor=actor,
        act=act,
        target=scene,
        now=now,
        agency_id=scene.account.agency_id,
        **facts,
    )
