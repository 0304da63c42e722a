# SPDX-License-Identifier: Apache-2.0
"""The one table of sentences: what each code says to a person at a terminal."""

from collections.abc import Mapping

WORDS: dict[str, str] = {
    # the format
    "address_malformed": "«{address}» is not an http or https address.",
    "address_unusable": "Nothing can listen on {address}: {reason}.",
    "base64_malformed": "A {what} is not canonical base64.",
    "bundle_too_long": "{path} goes on after its {width} entries.",
    "bundle_truncated": "{path} ends after {entries} of {width} entries.",
    "checkpoint_malformed": "The checkpoint is malformed: {reason}.",
    "entry_malformed": "Entry {index}: its member «{member}» is missing, superfluous or wrong.",
    "entry_not_canonical": "Entry {index} is not canonical JSON: {reason}.",
    "entry_too_long": "Entry {index} has {length} bytes; {limit} are allowed.",
    "entry_type_unknown": "Entry {index}: a log has no entries of type «{type}».",
    "file_too_long": "{path} is longer than {limit} bytes.",
    "file_unreadable": "{path} cannot be read: {reason}.",
    "gzip_malformed": "{path} is not valid gzip.",
    "journal_corrupt": "The writer's journal for entry {start} is damaged; restore it.",
    "key_name_malformed": "«{name}» cannot name a key.",
    "key_type_unknown": "The key «{vkey}» is of a type that is not wanted here.",
    "note_malformed": "The signed note is malformed: {reason}.",
    "number_malformed": "«{number}» is not a plain decimal number.",
    "policy_malformed": "The policy file is malformed in line {line}: {reason}.",
    "receipt_malformed": "The receipt is malformed: {reason}.",
    "request_malformed": "The request is malformed: {reason}.",
    "seed_malformed": "{path} is not a key of 32 bytes in base64.",
    "tile_truncated": "{path} has {length} bytes; it must have {wanted}.",
    "vkey_id_false": "The key «{vkey}» does not have the ID of its bytes.",
    "vkey_malformed": "«{vkey}» is not a vkey.",
    # the log
    "entry_absent": "The receipt for entry {index} does not hold the entry; give it.",
    "entry_changed": "{path}: entry {index} is not what the log signed.",
    "entry_differs": "The entry given is not the one in the receipt for entry {index}.",
    "entry_repeated": "Receipts {first} and {second} are for the same ballot at two places.",
    "file_missing": "{path} is missing.",
    "file_swapped": "{path} holds what belongs into {other}.",
    "files_disagree": "{path} disagrees with the other files at {index}.",
    "head_differs": "The tree of {size} entries does not have the root that the log signed.",
    "heads_differ": "Two different roots are claimed for size {size}.",
    "index_outside": "There is no entry {index} in a log of {size}.",
    "log_unknown": "No key that we trust signs for «{origin}».",
    "log_unreachable": "{path} cannot be reached: {reason}.",
    "origin_differs": "The checkpoint is of «{found}», not of «{wanted}».",
    "past_checkpoint_false": "{path} is not a checkpoint of this log: {reason}",
    "past_checkpoint_misplaced": "{path} is the checkpoint of size {size}.",
    "proof_false": "The {what} proof does not lead to the signed root.",
    "proof_length": "The {what} proof has a wrong length: {length} hashes.",
    "quorum_missing": "The quorum «{quorum}» has not cosigned; seen: {seen}.",
    "receipt_clash": "Receipts {first} and {second} are both for entry {index}.",
    "rolled_back": "The log has gone back from {old} to {new} entries.",
    "signature_false": "The signature of {name} is false.",
    "signature_missing": "There is no signature of {wanted}.",
    "size_outside": "Size {old} is not below {new}.",
    "stray_file": "{path} is no file of a log.",
    "tile_changed": "{path} is not what the log signed.",
    "two_histories": "The log has signed two histories; they differ before entry {size}.",
    "witness_refused": "The witness answered {status}: {words}",
    "witness_unreachable": "The witness {url} cannot be reached: {reason}.",
    # the count
    "ballot_after_close": "Entry {index}: a ballot after the close at entry {closed}.",
    "ballot_ahead": "Entry {index}: it judges entry {ballot}, which comes later.",
    "ballot_day_false": "Entry {index}: its day {day} is not that of its time.",
    "ballot_outside_time": "Entry {index}: a ballot outside the voting time, at {t} ms.",
    "ballot_rules_differ": "Entry {index}: a ballot under other rules than those in force.",
    "choice_copied": "Entry {index}: its choice was sealed for another ballot.",
    "choice_unopenable": "Entry {index}: its choice does not open with the key of the vote.",
    "close_repeated": "Entry {index}: the vote was closed at entry {closed}.",
    "close_size_false": "Entry {index}: it closes a log of {size} entries.",
    "count_differs": "Entry {index}: the count announced at {at} is not what the ballots say.",
    "count_misplaced": "Entry {index}: an announced count at {at} cannot stand here.",
    "key_before_close": "Entry {index}: the key is published before the close.",
    "key_false": "Entry {index}: this is not the key of the vote.",
    "key_repeated": "Entry {index}: the key was published at entry {opened}.",
    "key_unwanted": "Entry {index}: nothing is sealed in this vote.",
    "manifest_missing": "Entry 0 is not a manifest.",
    "manifest_repeated": "Entry {index}: a second manifest.",
    "nonce_replayed": "Entry {index}: the nonce {nonce} has been used before.",
    "pick_unknown": "Entry {index}: there is no candidate «{pick}».",
    "picks_number": "Entry {index}: {picks} picks; between {min} and {max} are allowed.",
    "picks_order": "Entry {index}: the picks are not in order, each once.",
    "result_before_close": "Entry {index}: a result before the close.",
    "result_before_key": "Entry {index}: a result before the choices were opened.",
    "result_differs": "Entry {index}: the result is not the count; see {candidates}.",
    "result_stale": "Entry {index}: a result at {at}, but entry {changed} has changed the count.",
    "state_wrong": "Entry {index}: {kind} of entry {ballot}, which is {state}.",
    "tag_repeated": "Entry {index}: the voter {tag} has voted before ({day}).",
    # the writer
    "batch_size": "A batch has 1 to {limit} entries, not {entries}.",
    "checkpoint_moved": "Another writer has gone on from {size} entries; nothing was written.",
    "journal_ahead": "The journal begins at {start}, but the log has {size} entries.",
    "log_absent": "There is no log in {folder}.",
    "log_exists": "There is a log in {folder} already.",
    "log_locked": "Another process uses {folder}.",
    "log_rolled_back": "The checkpoint in the folder is of {new} entries, but {old} were signed.",
    "place_claimed": "Another writer has claimed the place after {size} entries.",
    "writer_broken": "The writer must be opened again: {reason}.",
}


def sentence(code: str, facts: Mapping[str, object]) -> str:
    """Return the sentence of a code with its facts in it."""
    return WORDS[code].format_map(_Facts(facts))


class _Facts(dict[str, object]):
    def __missing__(self, key: str) -> str:
        """A fact that the place of the error did not know."""
        return "?"
