# SPDX-License-Identifier: Apache-2.0
"""What WeChat's answers have in common: what we do not know is ignored, nothing is changed."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Answer(BaseModel):
    """One answer, or a part of one."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class Done(Answer):
    """WeChat did it and has nothing to add."""


# WeChat writes some numbers as text and some texts as numbers, and not everywhere alike.
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else str(value))]
