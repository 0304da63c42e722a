# SPDX-License-Identifier: Apache-2.0
"""How many WeChat messages in secure mode does one worker answer? Floor, ours, WeRoBot."""
