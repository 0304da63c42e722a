# SPDX-License-Identifier: Apache-2.0
"""The process behind `ProcessRecorder`: reads letters, writes outcomes, ends with its input."""

import gc

import django

from ballotbox.companion import Server


def main() -> None:
    """Write down what one server's callbacks received, until it closes our input."""
    server = Server()
    django.setup(set_prefix=False)
    from .recorder import NotWritten, Outcomes, read_letters, record_batch, write_down

    def answer_to(message: bytes) -> Outcomes | None:
        try:
            return write_down(record_batch, read_letters(message))
        except NotWritten:
            return None

    gc.freeze()
    server.tell("ready")
    server.answer(answer_to)


if __name__ == "__main__":
    main()
