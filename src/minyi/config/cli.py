# SPDX-License-Identifier: Apache-2.0
"""`minyi`: `minyi serve` runs the whole product; every other word is a Django command."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Run one command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minyi.config.settings.dev")
    from . import serve

    if sys.argv[1:2] == ["serve"]:
        sys.exit(serve.main(sys.argv[2:]))
    from django.core.management import execute_from_command_line

    var = Path(os.environ.get("MINYI_VAR_DIR", "var"))
    var.mkdir(parents=True, exist_ok=True)
    if os.environ["DJANGO_SETTINGS_MODULE"].endswith(".dev"):
        # A log whose key was locked by `minyi demo seed` must open for `minyi serve`.
        serve.load_secrets(var / "secrets.env")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
