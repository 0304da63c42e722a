# SPDX-License-Identifier: Apache-2.0
"""Run `python -m votelog`."""

from votelog._cli import main

if __name__ == "__main__":
    raise SystemExit(main())
