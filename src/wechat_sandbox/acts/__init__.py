# SPDX-License-Identifier: Apache-2.0
"""What people do on their phones and at WeChat's own desk, and how it reaches an account."""
