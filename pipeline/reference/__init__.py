"""V2's reference data: written by setup before the first person moves in, read by code (mapping, section 11)."""

import polars as pl

from pipeline.reference.access import permission_modules, permissions, role_permissions, roles, user_types
from pipeline.reference.curricula import class_levels, curricula
from pipeline.reference.grades import grade_levels, grade_systems
from pipeline.reference.subjects import subject_categories, subjects


def reference_tables() -> dict[str, pl.DataFrame]:
    """The reference rows by V2 table, with V2's columns in V2's order, each table after those its foreign keys lead to.

    Ids are those of the mapping's section 1 (`transforms.ids.reference_id`). The same at every call.
    """
    return {
        "PermissionModule": permission_modules(),
        "Permission": permissions(),
        "UserType": user_types(),
        "Role": roles(),
        "RolePermission": role_permissions(),
        "Curriculum": curricula(),
        "GradeSystem": grade_systems(),
        "GradeLevel": grade_levels(),
        "ClassLevel": class_levels(),
        "SubjectCategory": subject_categories(),
        "Subject": subjects(),
    }
