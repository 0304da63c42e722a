# SPDX-License-Identifier: Apache-2.0
"""The message push: what is posted to an account's server, and what comes back."""
