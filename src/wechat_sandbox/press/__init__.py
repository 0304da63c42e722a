# SPDX-License-Identifier: Apache-2.0
"""Materials, drafts, published articles, mass messages and their readers."""
