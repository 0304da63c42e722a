# SPDX-License-Identifier: Apache-2.0
"""What can be wrong, by who must act.

VotelogError
├── Malformed      the bytes are not of the format
├── Rejected       well-formed, but a signature, a proof or a rule does not hold
├── Missing        a file of the log is not there
├── Unavailable    the log could not be reached; try again
└── WriteRefused   the writer took nothing in

An error is a fact: `code` names it, `facts` are its particulars. Its sentence is in `_words`.
"""

from votelog._words import sentence


class VotelogError(Exception):
    """The root of every refusal of this package."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    def __str__(self) -> str:
        return sentence(self.code, self.facts)


class Malformed(VotelogError):
    """The bytes are not of the format."""


class Rejected(VotelogError):
    """A signature, a proof or a rule does not hold."""


class Missing(VotelogError):
    """A file of the log is not there."""


class Unavailable(VotelogError):
    """The log could not be reached."""


class WriteRefused(VotelogError):
    """The writer took nothing in."""
