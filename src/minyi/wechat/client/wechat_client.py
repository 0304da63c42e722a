# SPDX-License-Identifier: Apache-2.0
"""One account's voice at WeChat, with a group for each part of the API."""

import httpx

from ..connection.kept import KeptValues
from ..queries import Account
from .articles import Articles
from .comments import Comments
from .drafts import Drafts
from .figures import Figures
from .links import Links
from .login import Login, WebIdentity
from .mass import Mass
from .materials import Materials
from .menus import Menus
from .mini import MiniProgram
from .qrcodes import QrCodes
from .quota import Quota
from .safety import Safety
from .seals import NO_SEAL, Seal
from .service import Service
from .subscriptions import Subscriptions
from .tags import Tags
from .templates import Templates
from .transport import Transport
from .users import Users

MP_URL = "https://mp.weixin.qq.com"


class WeChatClient:
    """The calls of one account; made anew for every use, it holds nothing but its way there."""

    def __init__(
        self,
        account: Account,
        *,
        base_url: str,
        http: httpx.AsyncClient,
        kept: KeptValues,
        mp_url: str = MP_URL,
        seal: Seal = NO_SEAL,
    ) -> None:
        self.account = account
        self._transport = Transport(account, base_url=base_url, http=http, kept=kept, seal=seal)
        way = self._transport
        self.login = Login(way)
        self.menus = Menus(way)
        self.tags = Tags(way)
        self.users = Users(way)
        self.qrcodes = QrCodes(way, mp_url=mp_url)
        self.materials = Materials(way)
        self.drafts = Drafts(way)
        self.articles = Articles(way)
        self.comments = Comments(way)
        self.service = Service(way)
        self.templates = Templates(way)
        self.subscriptions = Subscriptions(way, mp_url=mp_url)
        self.mass = Mass(way)
        self.figures = Figures(way)
        self.links = Links(way)
        self.quota = Quota(way)
        self.mini = MiniProgram(way)
        self.safety = Safety(way)

    async def access_token(self) -> str:
        """Return the account's stable token."""
        return await self._transport.access_token()

    async def js_ticket(self) -> str:
        """Return the ticket that JS-SDK signatures are made with."""
        return await self._transport.js_ticket()

    async def exchange_code(self, code: str) -> WebIdentity:
        """Spend a login code; raises CodeRefused when it is wrong, used or expired."""
        return await self.login.exchange_code(code=code)

    async def forget_refusal(self) -> None:
        """Ask for the token again although WeChat said no, after the settings were mended."""
        await self._transport.forget_refusal()
