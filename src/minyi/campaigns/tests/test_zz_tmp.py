import pytest, difflib
from minyi.campaigns.tests.test_leaks import *
from minyi.campaigns.tests import test_leaks as t
@pytest.mark.usefixtures("stopped_clock")
@pytest.mark.django_db
def test_x():
    c=given_secret_vote(count_mode="after_close"); p=everybody(c)
    a=answer_of(p["operator"],"/staff/"); b=answer_of(p["operator"],"/staff/")
    for i in range(4):
        if a[i]!=b[i]:
            print(i); 
            if i==3: print("\n".join(l[:400] for l in difflib.unified_diff(a[3].split("\n"),b[3].split("\n"),n=0)))
            else: print(a[i],b[i])
from minyi.campaigns.tests.test_public_pages import *
@pytest.mark.django_db
def test_y(django_assert_max_num_queries):
    campaign = given_votable(now=timezone.now())
    for _number in range(100):
        given_nominee(campaign, picture=given_picture(), card=Nominee.Card.PICTURE)
    given_open_round(campaign, now=timezone.now())
    client = visitor(campaign.account)
    path = f"/c/{campaign.slug}/nominees/"
    client.get(path)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    with CaptureQueriesContext(connection) as q: answer=client.get(path)
    for x in q.captured_queries: print(x["time"], x["sql"][:60], x["sql"][x["sql"].find(" FROM "):][:200])
    pg=answer.content; print(pg.count(b'loading="lazy"'),pg.count(b"srcset="),len(gzip.compress(pg)))
    import time
    t=time.perf_counter()
    for _ in range(10): client.get(path)
    print((time.perf_counter()-t)/10)
