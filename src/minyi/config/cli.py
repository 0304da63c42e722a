# SPDX-License-Identifier: Apache-2.0
"""`minyi`: `minyi serve` runs the whole product; every other word is a Django command."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Run one command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minyi.config.settings.dev")
    if sys.argv[1:2] == ["serve"]:
        from .serve import main as serve

        sys.exit(serve(sys.argv[2:]))
    from django.core.management import execute_from_command_line

    Path(os.environ.get("MINYI_VAR_DIR", "var")).mkdir(parents=True, exist_ok=True)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
