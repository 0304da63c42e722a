# SPDX-License-Identifier: Apache-2.0
"""Run the ballot benchmark: `python -m benchmarks.ballots`."""

from benchmarks.ballots.run import main

main()
