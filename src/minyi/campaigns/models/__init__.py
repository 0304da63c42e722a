# SPDX-License-Identifier: Apache-2.0
from .adjudication import Appeal, EvidenceFile, Ruling
from .awards import AwardRecord, ResultVersion
from .campaign import Campaign, Category, Criterion, Stage
from .certificates import Certificate
from .nominees import (
    MOST_PICTURES,
    Nomination,
    NominationFile,
    Nominee,
    NomineePicture,
    StagedFile,
)
from .objections import Objection, ObjectionFile, ObjectionStep
from .reports import ActivityReport
from .results import Juror, JuryScore, Result, ResultLine
from .screening import BlindSample, BlindVerdict, Cluster, ClusterOpinion, ClusterRuling, Opinion
from .supervision import LogCheck, VoteComplaint, VoterSample
from .voting import Ballot, CountSnapshot, Round

__all__ = [
    "MOST_PICTURES",
    "ActivityReport",
    "Appeal",
    "AwardRecord",
    "Ballot",
    "BlindSample",
    "BlindVerdict",
    "Campaign",
    "Category",
    "Certificate",
    "Cluster",
    "ClusterOpinion",
    "ClusterRuling",
    "CountSnapshot",
    "Criterion",
    "EvidenceFile",
    "Juror",
    "JuryScore",
    "LogCheck",
    "Nomination",
    "NominationFile",
    "Nominee",
    "NomineePicture",
    "Objection",
    "ObjectionFile",
    "ObjectionStep",
    "Opinion",
    "Result",
    "ResultLine",
    "ResultVersion",
    "Round",
    "Ruling",
    "Stage",
    "StagedFile",
    "VoteComplaint",
    "VoterSample",
]
