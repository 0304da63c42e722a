# SPDX-License-Identifier: Apache-2.0
"""How fast is a public log served? Tiles, bundles and checkpoints against files of equal size."""
