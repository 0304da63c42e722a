# SPDX-License-Identifier: Apache-2.0
"""What every request passes."""

import asyncio
import warnings

import pytest
from django.http import FileResponse, HttpResponse
from django.test import AsyncRequestFactory, RequestFactory

from minyi.core.middleware import PIECE, streams_piece_by_piece


def test_a_file_leaves_piece_by_piece_and_whole_without_a_warning(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(range(256)) * 1024)
    respond = streams_piece_by_piece(lambda _request: FileResponse(path.open("rb")))

    async def read() -> list[bytes]:
        response = respond(AsyncRequestFactory().get("/"))
        pieces = [piece async for piece in response]
        response.close()
        return pieces

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pieces = asyncio.run(read())
    assert b"".join(pieces) == path.read_bytes()
    assert max(map(len, pieces)) <= 2 * PIECE


@pytest.mark.django_db  # to close a response is to look after connections
def test_what_is_no_stream_or_no_asgi_passes_as_it_is(tmp_path):
    plain = HttpResponse("好")
    assert streams_piece_by_piece(lambda _request: plain)(AsyncRequestFactory().get("/")) is plain
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b")
    response = streams_piece_by_piece(lambda _request: FileResponse(path.open("rb")))(
        RequestFactory().get("/")
    )
    assert b"".join(response.streaming_content) == b"a,b"
    for resource in response._resource_closers:
        resource()  # not close(): that ends the connection of a database nobody here uses
