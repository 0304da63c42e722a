# SPDX-License-Identifier: Apache-2.0
"""Facts about WeChat that its own pages do not confirm: [R] in wechat-api.md, in one place.

An operator who learns better from a real account corrects them without a new version:

    MINYI_WECHAT_FACTS='{"text_bytes": 1800, "thing_chars": 18}'

Names and numbers are checked when the settings are read. Nothing here imports Django.
"""

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class Facts(BaseModel):
    """Limits of WeChat as we believe them to be."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    # Messages (§§1.7, 7.2)
    text_bytes: int = Field(2048, ge=3)
    menu_choices: int = Field(10, ge=1)  # of a msgmenu; WeChat tells a size only (45098, 45099)
    # Fields of templates and notices (§7.4)
    thing_chars: int = Field(20, ge=1)
    number_chars: int = Field(32, ge=1)
    letter_chars: int = Field(32, ge=1)
    character_string_chars: int = Field(32, ge=1)
    symbol_chars: int = Field(5, ge=1)
    phrase_chars: int = Field(5, ge=1)
    name_chars: int = Field(10, ge=1)
    latin_name_chars: int = Field(20, ge=1)
    phone_number_chars: int = Field(17, ge=1)
    car_number_chars: int = Field(8, ge=1)
    # Sending (§§7.3, 7.5)
    repeat_minutes: int = Field(10, ge=1)  # a repeated client_msg_id is dropped that long
    mass_text_chars: int = Field(600, ge=1)
    mass_per_day: int = Field(1, ge=1)  # of a subscription account
    mass_calls_per_day: int = Field(100, ge=1)  # of a service account
    mass_per_month: int = Field(4, ge=1)  # that one follower of a service account gets
    # Articles and comments (§9, §17)
    articles_per_draft: int = Field(8, ge=1)
    comment_reply_chars: int = Field(600, ge=1)
    # Statistics (§§10, 17): days one call may span
    user_figure_days: int = Field(7, ge=1)
    message_figure_days: int = Field(7, ge=1)
    message_week_days: int = Field(30, ge=1)  # week by week and month by month
    message_spread_days: int = Field(15, ge=1)
    # Mini programs (§6)
    code_width_least: int = Field(280, ge=1)
    code_width_most: int = Field(1280, ge=1)
    # Buttons (§8): Chinese characters before WeChat writes «…»
    button_name_shown: int = Field(4, ge=1)
    sub_button_name_shown: int = Field(8, ge=1)


def read_facts(corrections: object) -> Facts:
    """Return the facts with the operator's corrections; raises ValueError naming what is wrong."""
    try:
        return Facts.model_validate(corrections)
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ValueError(f"MINYI_WECHAT_FACTS: {'; '.join(wrong)}") from None
