# SPDX-License-Identifier: Apache-2.0
"""What WeChat posts to us: received, kept and answered within the time it gives us."""
