# SPDX-License-Identifier: Apache-2.0
"""This process's connection to WeChat: lent tokens, seals, and what WeChat has stopped."""
