# SPDX-License-Identifier: Apache-2.0
"""The one place for permissions: which role may do what. Read as a table."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ORGANISER = "organiser", _("活动组织")
    EDITOR = "editor", _("编辑")
    REVIEWER = "reviewer", _("审核")
    CASE_WORKER = "case_worker", _("经办")
    SUPERVISOR = "supervisor", _("监督")
    LEADER = "leader", _("分管领导")
    ADMINISTRATOR = "administrator", _("管理员")
    JUROR = "juror", _("评审专家")


_EVERYBODY = {"campaigns.view", "agencies.view", "wechat.view", "witnesses.view"}

GRANTS: dict[str, frozenset[str]] = {
    Role.ORGANISER: frozenset(
        _EVERYBODY
        | {
            "campaigns.edit",
            "campaigns.launch",
            "campaigns.jury",
            "nominations.view",
            "nominees.edit",
            "results.compute",
            "results.publish",
            "results.export",
            "certificates.issue",
            "certificates.revoke",
            "reports.make",
            "objections.view",
            "ballots.view",
            "vault.ask",
        }
    ),
    Role.EDITOR: frozenset(
        _EVERYBODY
        | {
            "campaigns.edit",
            "nominations.view",
            "nominees.edit",
            "wechat.menus",
            "wechat.articles",
            "wechat.comments",
        }
    ),
    # Whoever wrote an article does not send it out: the service checks the two are two people.
    Role.REVIEWER: frozenset(
        _EVERYBODY | {"nominations.view", "nominations.review", "nominees.edit", "wechat.publish"}
    ),
    Role.CASE_WORKER: frozenset(
        _EVERYBODY
        | {
            "nominations.view",
            "wechat.desk",
            "wechat.comments",
            "wechat.outgoing",
            "objections.view",
            "objections.work",
            "objections.contact",
            "ballots.view",
            "ballots.rule",
            "vault.ask",
        }
    ),
    # Who may ask to see who cast a ballot, and who may allow it, are always two people (ADR 17).
    # The supervisor looks at everything, stops the vote and signs. What could bend an outcome that
    # begins to show (candidates, figures, jury) only they change, each time with a reason.
    Role.SUPERVISOR: frozenset(
        _EVERYBODY
        | {
            "nominations.view",
            "voting.pause",
            "nominees.withdraw_in_vote",
            "figures.change_late",
            "jury.change_late",
            "results.sign",
            "results.export",
            "certificates.revoke",
            "reports.make",
            "objections.view",
            "objections.work",
            "objections.contact",
            "objections.decide",
            "ballots.view",
            "ballots.rule",
            "ballots.confirm",
            "supervision.view",
            "complaints.answer",
            "vault.ask",
            "vault.allow",
            "audit.view",
            "rules.view",
            "witnesses.edit",
            "wechat.outgoing",
        }
    ),
    # From outside the office: sees the campaigns and scores where a jury names them, nothing else.
    Role.JUROR: frozenset({"campaigns.view"}),
    # Has worked on nothing, so decides objections and rulings as the second person.
    Role.LEADER: frozenset(
        _EVERYBODY
        | {
            "nominations.view",
            "results.export",
            "objections.view",
            "objections.decide",
            "ballots.view",
            "ballots.confirm",
            "reports.make",
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        _EVERYBODY
        | {
            "agencies.edit",
            "posts.edit",
            "accounts.edit",
            "witnesses.edit",
            "rules.view",
            "audit.view",
            "wechat.menus",
            "wechat.duty",
            "wechat.outgoing",
        }
    ),
}
