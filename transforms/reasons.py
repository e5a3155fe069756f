"""The reason codes of the mapping, in plain words."""

from typing import Final

MEANINGS: Final = {
    # Rows that cannot go to V2.
    "name_missing": "no name is left",
    "row_invalid": "a check of V1 failed; the record names it",
    "school_code_taken": "another school has that code",
    "school_missing": "its school is not in V2",
    # Values changed or dropped.
    "admission_no_suffixed": "number shared within the school: a counter was added",
    "capacity_implausible": "below zero: dropped",
    "class_level_unknown": "no level of V2 is in the name",
    "class_name_missing": "named by its V1 id",
    "country_unknown": "no country: the default one was taken",
    "curriculum_unknown": "no curriculum of V2 is in the text: dropped",
    "date_implausible": "before 1900, after 2200, or a birth in the future: dropped",
    "email_extra_dropped": "several addresses: the first valid one was taken",
    "email_generated": "no valid address: one was made up",
    "email_invalid": "no valid address in it",
    "email_suffixed": "address shared: a counter was added",
    "link_dropped": "it leads to a row that is not in V2",
    "nickname_dropped": "a nickname was taken out of the name",
    "phone_extension_dropped": "the extension was dropped",
    "phone_extra_dropped": "several numbers: the first valid one was taken",
    "phone_invalid": "no valid number: dropped",
    "phone_suffixed": "number shared: a counter was added",
    "salary_implausible": "below zero or not a number: dropped",
    "school_code_missing": "coded by its V1 id",
    "school_name_missing": "named by its code",
    "subject_merged": "it is a subject of the catalogue",
    "timestamp_implausible": "before 1900 or after 2200: the other one, or the run's start",
    # What runs after the first find.
    "gone_from_v1": "V1 no longer has the row; V2 keeps it",
    "kept_edited": "edited in V2 since it was migrated: V2's row stays as it is",
    "link_stale": "V1 no longer gives the link; V2 keeps it",
    "role_withdrawn": "the person is at another school now: the role at the former one was taken back",
}
"""Reason code → what it means."""
