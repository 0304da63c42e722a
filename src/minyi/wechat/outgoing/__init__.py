# SPDX-License-Identifier: Apache-2.0
"""What we write to citizens unasked: why, when, by which way, and the last step out."""
