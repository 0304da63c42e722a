# SPDX-License-Identifier: Apache-2.0
"""What WeChat keeps for one account: menus, codes, tags, templates, figures, quotas, rights."""
