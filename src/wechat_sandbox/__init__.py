# SPDX-License-Identifier: Apache-2.0
"""A faithful local WeChat: API server, callback sender and a phone in the browser.

It knows nothing of the product but its public address: whatever works here works because
WeChat's wire conventions were met, not because the two share code.
"""
