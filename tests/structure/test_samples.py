# SPDX-License-Identifier: Apache-2.0
"""The sandbox's official accounts are at home in the product, or every message there fails."""

import pytest

from minyi.agencies.models import OfficialAccount
from minyi.agencies.samples import seed_office
from minyi.config.settings import dev
from wechat_sandbox.accounts import sample_accounts


@pytest.mark.django_db
def test_each_official_account_of_the_sandbox_has_its_row_and_its_secrets():
    seed_office()
    official = [one for one in sample_accounts("http://product") if one.kind != "MP"]
    for one in official:
        row = OfficialAccount.objects.get(slug=one.slug)
        told = (row.appid, row.original_id, row.kind, row.is_verified, row.name)
        assert told == (one.appid, one.original_id, one.kind, one.verified, one.name)
        assert dev.WECHAT_SECRETS[one.slug] == {
            "secret": one.secret,
            "token": one.token,
            "aes_key": one.aes_key,
        }
