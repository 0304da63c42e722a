# SPDX-License-Identifier: Apache-2.0
"""The verifier of the browser, run by node: the published vectors, and lies it must notice."""

import shutil
import subprocess
from pathlib import Path

import pytest

FRONTEND = Path(__file__).parents[2] / "frontend"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(
    NODE is None or not (FRONTEND / "node_modules/@noble").is_dir(),
    reason="node, or the packages of frontend/, are not installed",
)


@pytest.mark.parametrize(
    "path", sorted((FRONTEND / "verify/tests").glob("*.test.js")), ids=lambda path: path.stem
)
def test_the_browsers_verifier(path: Path):
    answer = subprocess.run(
        [str(NODE), "--test", str(path)], capture_output=True, text=True, timeout=100, check=False
    )
    assert answer.returncode == 0, answer.stdout[-4000:] + answer.stderr
    assert "# pass 0" not in answer.stdout
