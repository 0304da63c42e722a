# SPDX-License-Identifier: Apache-2.0
"""What the sample account has taken from the library already, so that its notices go out at once.

Whoever prepares sample data for a product may name these ids; a real account has others.
"""

from __future__ import annotations

from wechat_sandbox.office.notices import TEMPLATE_LIBRARY
from wechat_sandbox.office.subscription_book import SubscriptionBook
from wechat_sandbox.office.template_book import TemplateBook

SAMPLE_ACCOUNT = "sandbox"
REVIEWED = "20106"  # 审核结果通知
TEMPLATE_ID = "sample-template-review-result-0000000000001"
NOTICE_ID = "sample-notice-review-result-000000000000001"
SCENE = "推荐的审核结果"


def add_sample_notices(templates: TemplateBook, subscriptions: SubscriptionBook) -> None:
    """Put one template message and one subscription notice into an account's books."""
    entry = TEMPLATE_LIBRARY[REVIEWED]
    templates.add_sample(TEMPLATE_ID, entry)
    subscriptions.add_sample(NOTICE_ID, entry, SCENE)
