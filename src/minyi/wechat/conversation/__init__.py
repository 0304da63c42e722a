# SPDX-License-Identifier: Apache-2.0
"""What an account says by itself, and how it reads what a citizen wrote. No input, no output."""
