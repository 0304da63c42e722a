# SPDX-License-Identifier: Apache-2.0
from .campaign import Campaign, Category, Criterion, Stage
from .nominees import Nomination, NominationFile, Nominee
from .results import Juror, JuryScore, Result, ResultLine
from .voting import Ballot, CountSnapshot, Round

__all__ = [
    "Ballot",
    "Campaign",
    "Category",
    "CountSnapshot",
    "Criterion",
    "Juror",
    "JuryScore",
    "Nomination",
    "NominationFile",
    "Nominee",
    "Result",
    "ResultLine",
    "Round",
    "Stage",
]
