# SPDX-License-Identifier: Apache-2.0
"""Reading what WeChat's back office exports. Pure: bytes in, tables and typed rows out."""

from .files import Form, Grid, read_grids
from .reports import OTHER, REPORTS, Field, Report, Row, Table, read_table
from .trouble import Damaged

__all__ = [
    "OTHER",
    "REPORTS",
    "Damaged",
    "Field",
    "Form",
    "Grid",
    "Report",
    "Row",
    "Table",
    "read_grids",
    "read_table",
]
