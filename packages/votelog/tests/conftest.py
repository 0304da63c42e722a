# SPDX-License-Identifier: Apache-2.0
"""The package is not installed: find it, and the builders, where they lie."""

import sys
from pathlib import Path

TESTS = Path(__file__).parent
for folder in (TESTS, TESTS.parent / "src"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
