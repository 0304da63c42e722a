# SPDX-License-Identifier: Apache-2.0
"""How long a page takes, how much it sends, and what the product weighs at rest."""
