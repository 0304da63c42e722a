# SPDX-License-Identifier: Apache-2.0
"""How many durable ballots per second? Floor, SQLite, PostgreSQL, plain Django, double clicks."""
