# SPDX-License-Identifier: Apache-2.0
"""Trust policies (C2SP tlog-policy): which logs, which witnesses, how many of them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from votelog._checkpoint import Checkpoint, open_checkpoint, parse_decimal, peek_checkpoint
from votelog._cosignature import CosignerKey, parse_cosigner_vkey
from votelog._errors import Malformed, Rejected
from votelog._note import Note, VerifierKey, parse_vkey

NO_QUORUM = "none"


@dataclass(frozen=True, slots=True)
class Group:
    """At least `threshold` of `members` (witnesses or groups) must have seen a checkpoint."""

    threshold: int
    members: tuple[str, ...]


@dataclass(slots=True)
class Policy:
    """What we trust. Names of witnesses and groups mean nothing outside the file."""

    logs: dict[str, VerifierKey] = field(default_factory=dict)  # by origin
    witnesses: dict[str, CosignerKey] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = ""
    urls: dict[str, str] = field(default_factory=dict)  # by origin or witness name

    def open(self, note: bytes) -> tuple[Checkpoint, Note]:
        """Return a checkpoint that a listed log signed and the quorum cosigned.

        Raises Malformed, and Rejected: log_unknown, signature_false, signature_missing,
        quorum_missing.
        """
        origin = peek_checkpoint(note).origin
        log = self.logs.get(origin)
        if log is None:
            raise Rejected("log_unknown", origin=origin)
        checkpoint, opened = open_checkpoint(note, log, self.witnesses.values())
        signed = {(line.name, line.key_id) for line in opened.verified}
        seen = {name for name, key in self.witnesses.items() if (key.name, key.key_id) in signed}
        if self.quorum != NO_QUORUM and not self._witnessed(self.quorum, seen):
            raise Rejected("quorum_missing", quorum=self.quorum, seen=", ".join(sorted(seen)))
        return checkpoint, opened

    def _witnessed(self, name: str, seen: set[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in seen
        return sum(self._witnessed(member, seen) for member in group.members) >= group.threshold


def policy_for(log: VerifierKey) -> Policy:
    """Return the policy that trusts one log key and asks for no witness."""
    return Policy(logs={log.name: log}, quorum=NO_QUORUM)


def parse_policy(raw: bytes) -> Policy:
    """Return the policy of a file.

    Raises Malformed: policy_malformed with the line's number, or what the key's fault is.
    """
    if any((octet < 0x20 and octet not in b"\t\n") or octet == 0x7F for octet in raw):
        raise Malformed("policy_malformed", line=0, reason="it has a control character")
    policy = Policy()
    used: set[str] = set()
    for number, row in enumerate(raw.decode("utf-8", "surrogateescape").split("\n"), start=1):
        words = [word for word in row.replace("\t", " ").split(" ") if word]
        if not words or words[0].startswith("#"):
            continue
        keyword = _KEYWORDS.get(words[0])
        if keyword is None:
            raise _bad_line(number, f"«{words[0]}» is no keyword")
        keyword(policy, words[1:], number, used)
    if not policy.quorum:
        raise Malformed("policy_malformed", line=0, reason="it has no quorum line")
    return policy


def _add_log(policy: Policy, words: list[str], number: int, _: set[str]) -> None:
    if len(words) not in (1, 2):
        raise _bad_line(number, "a log line is «log <vkey> [<url>]»")
    key = parse_vkey(words[0])
    if any(key.public_key == other.public_key for other in policy.logs.values()):
        raise _bad_line(number, "this log key is listed twice")
    if key.name in policy.logs:
        raise _bad_line(number, "this origin is listed twice")
    policy.logs[key.name] = key
    for url in words[1:]:
        policy.urls[key.name] = url


def _add_witness(policy: Policy, words: list[str], number: int, _: set[str]) -> None:
    if len(words) not in (2, 3):
        raise _bad_line(number, "a witness line is «witness <name> <vkey> [<url>]»")
    _check_new_name(policy, words[0], number)
    key = parse_cosigner_vkey(words[1])
    if any(key.public_key == other.public_key for other in policy.witnesses.values()):
        raise _bad_line(number, "this witness key is listed twice")
    policy.witnesses[words[0]] = key
    for url in words[2:]:
        policy.urls[words[0]] = url


def _add_group(policy: Policy, words: list[str], number: int, used: set[str]) -> None:
    if len(words) < 3:
        raise _bad_line(number, "a group line is «group <name> all|any|<k> <names>…»")
    name, rule, *members = words
    _check_new_name(policy, name, number)
    for member in members:
        if member not in policy.witnesses and member not in policy.groups:
            raise _bad_line(number, f"«{member}» is not defined above")
        if member in used:
            raise _bad_line(number, f"«{member}» is a member twice")
        used.add(member)
    threshold = {"all": len(members), "any": 1}.get(rule) or parse_decimal(rule)
    if not 1 <= threshold <= len(members):
        raise _bad_line(number, "the threshold is outside 1 and the number of members")
    policy.groups[name] = Group(threshold, tuple(members))


def _set_quorum(policy: Policy, words: list[str], number: int, _: set[str]) -> None:
    if len(words) != 1 or policy.quorum:
        raise _bad_line(number, "there must be one «quorum <name>|none»")
    if words[0] not in {NO_QUORUM, *policy.witnesses, *policy.groups}:
        raise _bad_line(number, f"«{words[0]}» is not defined above")
    policy.quorum = words[0]


def _check_new_name(policy: Policy, name: str, number: int) -> None:
    if name in {NO_QUORUM, *policy.witnesses, *policy.groups}:
        raise _bad_line(number, f"the name «{name}» is taken")


def _bad_line(number: int, reason: str) -> Malformed:
    return Malformed("policy_malformed", line=number, reason=reason)


_KEYWORDS: dict[str, Callable[[Policy, list[str], int, set[str]], None]] = {
    "log": _add_log,
    "witness": _add_witness,
    "group": _add_group,
    "quorum": _set_quorum,
}
