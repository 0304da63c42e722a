# SPDX-License-Identifier: Apache-2.0
"""An account with an editor, a reviewer and a picture, and articles on their way."""

from datetime import timedelta

from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.agencies.services.libraries import keep_library
from minyi.agencies.tests.given import given_staff
from minyi.core.outbox_worker import Worker
from minyi.publishing.models import Picture
from minyi.wechat.models import Article
from minyi.wechat.services import articles
from minyi.wechat.services.articles import Text
from minyi.wechat.tests.given import given_official_account

State = Article.State


def given_article_office() -> "Office":
    account = given_official_account()
    keep_library(account.agency)
    account.agency.refresh_from_db()
    return Office(account)


class Office:
    def __init__(self, account):
        self.account = account
        self.editor = given_staff(agency=account.agency, role=Role.EDITOR).actor
        self.reviewer = given_staff(agency=account.agency, role=Role.REVIEWER).actor
        self.picture = given_picture(account.agency.library)

    def text(self, **fields):
        picture = f'embedtype="image" id="{self.picture.pk}" alt="大厅" format="fullwidth"'
        body = f"<p>大厅延时服务。</p><embed {picture}/>"
        whole = {
            "title": "周六照常开放",
            "author": "政数局",
            "digest": "",
            "cover_id": self.picture.pk,
            "body": body,
            "source_url": "",
            "opens_comments": True,
            "fans_only_comments": False,
            "is_ai_made": False,
        }
        return Text(**{**whole, **fields})

    def write(self, **fields):
        return articles.write_article(
            account=self.account, text=self.text(**fields), actor=self.editor, now=timezone.now()
        )

    def ready(self, **fields):
        article = self.write(**fields)
        articles.submit_article(
            article_id=article.pk, version=1, actor=self.editor, now=timezone.now()
        )
        work()
        article.refresh_from_db()
        assert article.state == State.READY, article.reason
        return article


def given_picture(collection):
    from wagtail.images.tests.utils import get_test_image_file

    return Picture.objects.create(title="大厅", file=get_test_image_file(), collection=collection)


def work(after=timedelta()):
    """Run what the outbox has due."""
    worker = Worker(clock=lambda: timezone.now() + after)
    for _round in range(5):
        if not worker.run_due():
            return


def doing(article, actor, **fields):
    return {"article_id": article.pk, "actor": actor, "now": timezone.now(), **fields}
