# SPDX-License-Identifier: Apache-2.0
from .articles import Article, Broadcast, Upload
from .ballots import UnconfirmedBallot
from .contacts import Contact
from .conversations import ChatMessage, Conversation
from .desk import DeskNote, DutyShift, Handling, OfficeHours, QuickReply, Weekday
from .figures import (
    FIGURES,
    AccountQuerySet,
    ArticleFigures,
    BackofficeLine,
    BackofficeTable,
    Figures,
    FigureSync,
    FollowerDay,
    KeywordCount,
    MenuClicks,
    MessageDay,
    Origin,
    ReadDay,
)
from .followers import FollowerSync, FollowerTag
from .loans import Loan
from .menus import Menu, MenuVersion, TagMenu
from .outgoing import Grant, MessageTemplate, Outgoing, OutgoingChannel, OutgoingStep
from .replies import KeywordReply
from .reports import AccountNotice, MediaVerdict
from .scenes import Scene
from .stops import AccountStop

__all__ = [
    "FIGURES",
    "AccountNotice",
    "AccountQuerySet",
    "AccountStop",
    "Article",
    "ArticleFigures",
    "BackofficeLine",
    "BackofficeTable",
    "Broadcast",
    "ChatMessage",
    "Contact",
    "Conversation",
    "DeskNote",
    "DutyShift",
    "FigureSync",
    "Figures",
    "FollowerDay",
    "FollowerSync",
    "FollowerTag",
    "Grant",
    "Handling",
    "KeywordCount",
    "KeywordReply",
    "Loan",
    "MediaVerdict",
    "Menu",
    "MenuClicks",
    "MenuVersion",
    "MessageDay",
    "MessageTemplate",
    "OfficeHours",
    "Origin",
    "Outgoing",
    "OutgoingChannel",
    "OutgoingStep",
    "QuickReply",
    "ReadDay",
    "Scene",
    "TagMenu",
    "UnconfirmedBallot",
    "Upload",
    "Weekday",
]
