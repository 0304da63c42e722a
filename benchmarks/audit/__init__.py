# SPDX-License-Identifier: Apache-2.0
"""How long does anybody need to check a whole log? Audit and recount of two million ballots."""
