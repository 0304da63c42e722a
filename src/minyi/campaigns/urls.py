# SPDX-License-Identifier: Apache-2.0
"""The citizens' pages. Everything about one campaign lies under /c/<slug>/."""

from django.urls import path

from .views import (
    appealing,
    board,
    certificates,
    complaining,
    counting,
    nominating,
    objecting,
    pages,
    results,
    verifying,
    voting,
)

app_name = "campaigns"

urlpatterns = [
    path("", pages.campaigns, name="list"),
    path("c/<slug:slug>/", pages.home, name="home"),
    path("c/<slug:slug>/nominees/", voting.nominees, name="nominees"),
    path("c/<slug:slug>/nominees/<int:number>/", pages.nominee, name="nominee"),
    path("c/<slug:slug>/nominate/", nominating.nominate, name="nominate"),
    path("c/<slug:slug>/nominate/kept/<str:token>", nominating.kept_file, name="kept_file"),
    path("c/<slug:slug>/nominate/mine/", nominating.mine, name="my_nominations"),
    path("c/<slug:slug>/ballot/", voting.ballot, name="ballot"),
    path("c/<slug:slug>/ballot/proof", verifying.own_proof, name="own_proof"),
    path("c/<slug:slug>/ballot/appeal/", appealing.appeal, name="appeal"),
    path("c/<slug:slug>/verify/", verifying.verify, name="verify"),
    path("c/<slug:slug>/complain/", complaining.complain, name="complain"),
    path("c/<slug:slug>/complaints/<slug:code>/", complaining.complaint, name="complaint"),
    path("c/<slug:slug>/board/", board.board, name="board"),
    path("c/<slug:slug>/board/events", board.events, name="board_events"),
    path("c/<slug:slug>/board.json", board.rows, name="board_rows"),
    path("c/<slug:slug>/counts/", counting.counts, name="counts"),
    path("c/<slug:slug>/objections/", objecting.mine, name="my_objections"),
    path("c/<slug:slug>/objections/new/", objecting.file, name="object"),
    path("c/<slug:slug>/objections/<int:number>/", objecting.withdraw, name="withdraw_objection"),
    path("c/<slug:slug>/record/", results.record, name="record"),
    path("c/<slug:slug>/result/", results.result, name="result"),
    path("c/<slug:slug>/result/<slug:kind>", results.download, name="result_file"),
    path("certificates/", certificates.enter, name="certificates"),
    path("certificates/<str:code>/", certificates.certificate, name="certificate"),
    path(
        "certificates/<str:code>/certificate.<slug:kind>",
        certificates.certificate_file,
        name="certificate_file",
    ),
]
