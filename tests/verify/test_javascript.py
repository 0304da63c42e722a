# SPDX-License-Identifier: Apache-2.0
"""Scripts of the browser, run by node: the verifier, and the solver of a proof of work."""

import shutil
import subprocess
from pathlib import Path

import pytest

FRONTEND = Path(__file__).parents[2] / "frontend"
NODE = shutil.which("node")

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(
        NODE is None or not (FRONTEND / "node_modules/@noble").is_dir(),
        reason="node, or the packages of frontend/, are not installed",
    ),
]


@pytest.mark.parametrize(
    "path", sorted(FRONTEND.glob("[cv]*/tests/*.test.js")), ids=lambda path: path.stem
)
def test_a_script_of_the_browser(path: Path):
    answer = subprocess.run(
        [str(NODE), "--test", str(path)], capture_output=True, text=True, timeout=100, check=False
    )
    assert answer.returncode == 0, answer.stdout[-4000:] + answer.stderr
    assert "# pass 0" not in answer.stdout
