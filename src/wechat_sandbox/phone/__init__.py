# SPDX-License-Identifier: Apache-2.0
"""The phone in the browser: conversations, pages in a frame, the scanner, the log-in page."""
