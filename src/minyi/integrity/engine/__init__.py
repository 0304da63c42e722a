# SPDX-License-Identifier: Apache-2.0
"""The anti-brushing engine over files. It knows no Django and no campaign, only an event log.

It loads Polars and NumPy, all but `weights`: import it where it is used, never from a web process.
"""
