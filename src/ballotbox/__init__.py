# SPDX-License-Identifier: Apache-2.0
"""The vote hot path: a small ASGI application that takes ballots and knows no Django."""
