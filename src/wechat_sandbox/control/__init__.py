# SPDX-License-Identifier: Apache-2.0
"""The control plane `/_sim/*`: orders for tests, crowds and scripts."""
