# SPDX-License-Identifier: Apache-2.0
from .campaign import Campaign, Category, Criterion, Stage
from .nominees import (
    MOST_PICTURES,
    Nomination,
    NominationFile,
    Nominee,
    NomineePicture,
    StagedFile,
)
from .results import Juror, JuryScore, Result, ResultLine
from .voting import Ballot, CountSnapshot, Round

__all__ = [
    "MOST_PICTURES",
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
    "NomineePicture",
    "Result",
    "ResultLine",
    "Round",
    "Stage",
    "StagedFile",
]
