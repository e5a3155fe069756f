"""Who may do what in V2: permissions, user types, roles and the rights of each role (mapping, section 11)."""

from typing import Final

import polars as pl

from transforms.ids import v2_id

PERMISSION_MODULES: Final = {
    "schools": "Schools",
    "users": "Users",
    "roles": "Roles",
    "teachers": "Teachers",
    "parents": "Parents",
    "students": "Students",
    "classes": "Classes",
    "subjects": "Subjects",
    "enrollments": "Enrollments",
    "grades": "Grades",
    "reports": "Reports",
    "settings": "Settings",
}

ACTIONS: Final = ("CREATE", "READ", "UPDATE", "DELETE", "EXPORT")

USER_TYPES: Final = {"ADMIN": "Administrator", "TEACHER": "Teacher", "PARENT": "Parent", "STUDENT": "Student"}

ROLES: Final = (
    # code, name, user type
    ("SUPER_ADMIN", "Super Administrator", "ADMIN"),
    ("SCHOOL_ADMIN", "School Administrator", "ADMIN"),
    ("TEACHER", "Teacher", "TEACHER"),
    ("PARENT", "Parent", "PARENT"),
    ("STUDENT", "Student", "STUDENT"),
)

RIGHTS: Final = (
    # module, then the initials of the actions (Create, Read, Update, Delete, Export) that each role may take
    #              SUPER_ADMIN SCHOOL_ADMIN TEACHER PARENT STUDENT
    ("schools", "CRUDE", "RUE", "", "", ""),
    ("users", "CRUDE", "CRUDE", "", "", ""),
    ("roles", "CRUDE", "R", "", "", ""),
    ("teachers", "CRUDE", "CRUDE", "R", "R", "R"),
    ("parents", "CRUDE", "CRUDE", "R", "R", ""),
    ("students", "CRUDE", "CRUDE", "R", "R", "R"),
    ("classes", "CRUDE", "CRUDE", "R", "R", "R"),
    ("subjects", "CRUDE", "CRUDE", "R", "R", "R"),
    ("enrollments", "CRUDE", "CRUDE", "R", "R", "R"),
    ("grades", "CRUDE", "CRUDE", "CRU", "R", "R"),
    ("reports", "CRUDE", "CRUDE", "RE", "R", "R"),
    ("settings", "CRUDE", "CRUDE", "", "", ""),
)
"""The rights of the roles.

Where the mapping is brief: a teacher's "people" are teachers, parents and students, not the accounts of `users`;
classes come with the subjects taught and the enrollments in them; who may change grades may read them. Parents and
students read what a teacher reads, but a student no parents. Which rows of a module a person gets to see (one's own
child, one's own class) is V2's to decide.
"""


def permission_modules() -> pl.DataFrame:
    """The rows of PermissionModule: id, code, name."""
    modules = pl.DataFrame(list(PERMISSION_MODULES.items()), schema=["code", "name"], orient="row")
    return modules.select(v2_id("PermissionModule", pl.col("code")).alias("id"), "code", "name")


def permissions() -> pl.DataFrame:
    """The rows of Permission, each action in each module: id, moduleId, code (such as `students.read`), action."""
    modules = pl.DataFrame({"module": list(PERMISSION_MODULES)})
    actions = pl.DataFrame({"action": ACTIONS})
    return modules.join(actions, how="cross", maintain_order="left_right").select(
        v2_id("Permission", _permission_code()).alias("id"),
        v2_id("PermissionModule", pl.col("module")).alias("moduleId"),
        _permission_code().alias("code"),
        "action",
    )


def user_types() -> pl.DataFrame:
    """The rows of UserType: id, code, name."""
    types = pl.DataFrame(list(USER_TYPES.items()), schema=["code", "name"], orient="row")
    return types.select(v2_id("UserType", pl.col("code")).alias("id"), "code", "name")


def roles() -> pl.DataFrame:
    """The rows of Role: id, userTypeId, code, name, isSystem (true: V2 needs them)."""
    return pl.DataFrame(ROLES, schema=["code", "name", "user_type"], orient="row").select(
        v2_id("Role", pl.col("code")).alias("id"),
        v2_id("UserType", pl.col("user_type")).alias("userTypeId"),
        "code",
        "name",
        pl.lit(value=True).alias("isSystem"),
    )


def role_permissions() -> pl.DataFrame:
    """The rows of RolePermission, one for each right of `RIGHTS`: roleId, permissionId."""
    role_codes = [code for code, _, _ in ROLES]
    actions = pl.DataFrame({"action": ACTIONS}).with_columns(initial=pl.col("action").str.head(1))
    return (
        pl.DataFrame(RIGHTS, schema=["module", *role_codes], orient="row")
        .unpivot(role_codes, index="module", variable_name="role", value_name="initials")
        .join(actions, how="cross", maintain_order="left_right")
        .filter(pl.col("initials").str.contains(pl.col("initial"), literal=True))
        .select(
            v2_id("Role", pl.col("role")).alias("roleId"),
            v2_id("Permission", _permission_code()).alias("permissionId"),
        )
    )


def _permission_code() -> pl.Expr:
    return pl.concat_str("module", pl.col("action").str.to_lowercase(), separator=".")
