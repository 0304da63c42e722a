# SPDX-License-Identifier: Apache-2.0
import pytest
from django.core.management import CommandError, call_command

from minyi.wechat.tests.given_outgoing import PURPOSE, Office, state_of

pytestmark = pytest.mark.django_db


def register(**changed):
    options = {
        "account": "sandbox",
        "purpose": PURPOSE,
        "channel": "template",
        "template_id": "abc",
        "field": ["thing1=name", "phrase2=outcome"],
        **changed,
    }
    call_command("message_template", **options)


def test_a_registered_template_carries_the_purpose():
    office = Office()
    office.given_contact()
    register()
    told = office.tell()
    office.work()
    assert state_of(told)[:2] == ("sent", "template")
    assert office.wechat.parcels[0].template_id == "abc"
    assert office.wechat.parcels[0].fields == {"thing1": "社区服务窗口", "phrase2": "已通过"}


def test_a_template_switched_off_carries_nothing():
    office = Office()
    office.given_contact()
    register()
    register(off=True)
    told = office.tell()
    office.work()
    assert state_of(told)[::2] == ("none", "no_way")


@pytest.mark.parametrize(
    "wrong",
    [
        {"account": "nobody"},
        {"purpose": "nothing"},
        {"field": ["thing1=phone"]},
        {"field": []},
        {"template_id": ""},
    ],
)
def test_what_would_arrive_empty_or_nowhere_is_refused(wrong):
    Office()
    with pytest.raises(CommandError):
        register(**wrong)


def test_without_arguments_it_tells_what_there_is(capsys):
    Office()
    register()
    call_command("message_template")
    said = capsys.readouterr().out
    assert f"{PURPOSE}  推荐的审核结果" in said
    assert "thing1=name phrase2=outcome" in said
