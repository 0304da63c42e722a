# SPDX-License-Identifier: Apache-2.0
"""A ballot written in a chat: «12», «投 3 7 12», «投十佳窗口 3、7», full-width digits and all."""

import re
import unicodedata
from dataclasses import dataclass

LONGEST = 120  # letters: twenty numbers and a title
_NUMBER = r"[0-9]{1,4}\s*(?:号|號|no\.?)?"
_BETWEEN = r"[\s,、;.和与及]+"
_is_ballot = re.compile(
    r"(?P<verb>(?:我|我要|我想)?(?:投票给|投票|投给|投|选|支持|vote(?:\s+for)?)[:：\s]*)?"
    r"(?P<title>[^0-9]*?)\s*"
    rf"(?P<numbers>{_NUMBER}(?:{_BETWEEN}{_NUMBER})*)\s*(?:一?票)?[。.!\s]*",
    re.IGNORECASE,
).fullmatch
_numbers = re.compile("[0-9]+").findall


@dataclass(frozen=True, slots=True)
class Picks:
    """The numbers somebody wrote. `is_explicit`: with a verb, so it can mean nothing else.

    `title` is what stands between verb and numbers: part of a campaign's title, or nothing.
    """

    numbers: tuple[int, ...]
    title: str
    is_explicit: bool


def read_picks(said: str) -> Picks | None:
    """Return the numbers, when the text is a ballot and nothing else."""
    if len(said) > LONGEST:
        return None
    text = unicodedata.normalize("NFKC", said).strip()
    if not ("0" <= text.rstrip(" 号號票一。.!")[-1:] <= "9"):
        return None  # by far the most messages: no pattern is tried
    found = _is_ballot(text)
    if found is None:
        return None
    title, verb = found["title"].strip(' :：《》“”"'), found["verb"]
    if title and not verb:
        return None  # words and a number are a sentence, not a ballot
    return Picks(tuple(int(one) for one in _numbers(found["numbers"])), title, bool(verb))
