# SPDX-License-Identifier: Apache-2.0
"""One part of WeChat's API, as an attribute of the client."""

from typing import ClassVar, TypeVar

from ..capabilities import Ability, may
from .answers import Answer, Done
from .api_errors import NotOffered
from .transport import Body, Call, Params, Transport, Upload

A = TypeVar("A", bound=Answer)


class Group:
    """Calls that need the same ability of the account, unless one says otherwise."""

    ability: ClassVar[Ability | None] = None

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._account = transport.account

    def _check_offered(self, path: str, ability: Ability | None) -> None:
        asked = ability or self.ability
        answer = may(self._account, asked) if asked else None
        if answer is not None and not answer.allowed:
            raise NotOffered(path, reason=str(answer.reason))

    async def _get(
        self, path: str, kind: type[A], *, ability: Ability | None = None, **params: str | int
    ) -> A:
        self._check_offered(path, ability)
        return await self._transport.ask(
            Call("GET", path, params=params, ability=ability or self.ability), kind
        )

    async def _post(
        self, path: str, body: Body, kind: type[A], *, ability: Ability | None = None
    ) -> A:
        self._check_offered(path, ability)
        return await self._transport.ask(
            Call("POST", path, body=body, ability=ability or self.ability), kind
        )

    async def _post_with(self, path: str, params: Params, kind: type[A]) -> A:
        """Post with the question in the address and an empty object as body."""
        self._check_offered(path, None)
        return await self._transport.ask(
            Call("POST", path, params=params, body={}, ability=self.ability), kind
        )

    async def _order(self, path: str, body: Body, *, ability: Ability | None = None) -> None:
        await self._post(path, body, Done, ability=ability)

    async def _upload(
        self,
        path: str,
        upload: Upload,
        kind: type[A],
        *,
        ability: Ability | None = None,
        **params: str,
    ) -> A:
        self._check_offered(path, ability)
        call = Call("POST", path, params=params, upload=upload, ability=ability or self.ability)
        return await self._transport.ask(call, kind)

    async def _download(
        self,
        path: str,
        *,
        params: Params | None = None,
        body: Body | None = None,
        ability: Ability | None = None,
    ) -> bytes:
        self._check_offered(path, ability)
        call = Call(
            "GET" if body is None else "POST",
            path,
            params=params or {},
            body=body,
            takes_bytes=True,
            ability=ability or self.ability,
        )
        return await self._transport.fetch(call)
