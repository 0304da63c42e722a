# SPDX-License-Identifier: Apache-2.0
"""What screens and the callback ask of this app."""

from .accounts import Account, Secrets, find_account, list_accounts

__all__ = ["Account", "Secrets", "find_account", "list_accounts"]
