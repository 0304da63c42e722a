# SPDX-License-Identifier: Apache-2.0
"""The control room: the same orders and the state behind them, for a developer at a desk."""
