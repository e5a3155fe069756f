"""The permission matrix, written once more from the mapping's words."""

import pytest

from pipeline.reference.access import (
    permission_modules,
    permissions,
    role_permissions,
    roles,
    user_types,
)

MODULES = [
    "schools", "users", "roles", "teachers", "parents", "students",
    "classes", "subjects", "enrollments", "grades", "reports", "settings",
]  # fmt: skip
ACTIONS = ["create", "read", "update", "delete", "export"]
ALL = {f"{module}.{action}" for module in MODULES for action in ACTIONS}

TEACHER_READS = {
    "teachers.read",
    "parents.read",
    "students.read",
    "classes.read",
    "subjects.read",
    "enrollments.read",
    "grades.read",
    "reports.read",
}


def rights_of(role: str) -> set[str]:
    codes = (
        role_permissions()
        .join(roles().select("id", role="code"), left_on="roleId", right_on="id")
        .join(permissions().select("id", "code"), left_on="permissionId", right_on="id")
    )
    return set(codes.filter(role=role)["code"])


def test_every_module_has_the_five_actions() -> None:
    assert permission_modules()["code"].to_list() == MODULES
    assert permissions()["code"].to_list() == [f"{module}.{action}" for module in MODULES for action in ACTIONS]
    assert permissions()["action"].to_list() == [action.upper() for action in ACTIONS] * len(MODULES)


def test_a_permission_belongs_to_the_module_of_its_code() -> None:
    joined = permissions().join(permission_modules(), left_on="moduleId", right_on="id", suffix="OfModule")
    assert joined["codeOfModule"].to_list() == [code.partition(".")[0] for code in joined["code"]]


def test_user_types_and_roles_are_those_of_the_mapping() -> None:
    joined = roles().join(user_types().select("id", user_type="code"), left_on="userTypeId", right_on="id")
    assert user_types()["code"].to_list() == ["ADMIN", "TEACHER", "PARENT", "STUDENT"]
    assert joined.select("code", "user_type", "isSystem").rows() == [
        ("SUPER_ADMIN", "ADMIN", True),
        ("SCHOOL_ADMIN", "ADMIN", True),
        ("TEACHER", "TEACHER", True),
        ("PARENT", "PARENT", True),
        ("STUDENT", "STUDENT", True),
    ]


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        ("SUPER_ADMIN", ALL),
        (
            "SCHOOL_ADMIN",
            ALL - {"schools.create", "schools.delete"} - {"roles.create", "roles.update", "roles.delete", "roles.export"},
        ),
        ("TEACHER", TEACHER_READS | {"grades.create", "grades.update", "reports.export"}),
        ("PARENT", TEACHER_READS),
        ("STUDENT", TEACHER_READS - {"parents.read"}),
    ],
)
def test_each_role_has_the_rights_of_the_mapping_and_no_others(role: str, rights: set[str]) -> None:
    assert rights_of(role) == rights
