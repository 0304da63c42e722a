# SPDX-License-Identifier: Apache-2.0
"""The floor: the same server reading a body and answering nothing."""

_START = {"type": "http.response.start", "status": 204, "headers": []}
_END = {"type": "http.response.body", "body": b""}


async def app(scope, receive, send):
    """Read the body, answer 204."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    while (await receive()).get("more_body", False):
        pass
    await send(_START)
    await send(_END)
