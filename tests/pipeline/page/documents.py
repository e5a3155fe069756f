"""Documents as `report.json` has them, of runs that ended in every way there is; made up, for the page's tests."""

import copy
import hashlib
from typing import Any

from checks.v1 import COLUMNS as V1_COLUMNS
from checks.v2 import COLUMNS as V2_COLUMNS

Document = dict[str, Any]

READ = {
    "School": 26, "Class": 23, "Subject": 312, "Teacher": 28, "Parent": 140, "Student": 300,
    "_ClassToTeacher": 37, "_SubjectToTeacher": 215, "_ParentToStudent": 207,
}  # fmt: skip

BLANK = dict.fromkeys(("read", "inserted", "updated", "unchanged", "kept", "merged", "rejected"), 0)

BOOKS = {
    "School": (26, 23, 0, 3),
    "Administrator": (26, 21, 0, 5),
    "Class": (23, 22, 0, 1),
    "Subject": (312, 87, 185, 40),
    "Teacher": (28, 27, 0, 1),
    "_ClassToTeacher": (37, 16, 20, 1),
    "_SubjectToTeacher": (215, 186, 16, 13),
    "Parent": (140, 138, 0, 2),
    "Student": (300, 296, 0, 4),
    "_ParentToStudent": (207, 47, 158, 2),
}
"""Table → read, inserted, merged, rejected."""

WRITTEN = {
    "School": 23, "Address": 414, "User": 482, "UserRole": 482, "Class": 22, "Subject": 87, "Teacher": 27, "TeacherClass": 36,
    "TeacherSubject": 186, "Parent": 138, "Student": 296, "Enrollment": 288, "StudentParent": 328, "ParentSchool": 149,
}  # fmt: skip

STAGES = (
    ("extract", 1288, "rows", 1.753),
    ("plan", 1314, "rows", 1.342),
    ("transform", 1314, "rows", 1.423),
    ("credentials", 92, "users", 19.384),
    ("load", 2958, "rows", 0.96),
    ("verify", 2958, "rows", 5.646),
)


def done() -> Document:
    """Of a first run that went well."""
    return {
        "schema_version": 1,
        "run": "20261122T141011Z-28ca",
        "started_at": "2026-11-22T14:10:11.863Z",
        "verdict": "ok",
        "exit_code": 0,
        "problem": None,
        "next_step": None,
        "dry_run": False,
        "state": "done",
        "finished_at": "2026-11-22T14:10:43.632Z",
        "seconds": 31.769,
        "peak_memory_bytes": 313208832,
        "databases": {"v1": "V1 (heimdall on db.example:5432)", "v2": "V2 (odin on db.example:5432)"},
        "snapshot": {"id": "00000007-00000002-1", "taken_at": "2026-11-22T14:10:11.969Z"},
        "unchanged_since": None,
        "selection": {"entities": ["schools", "teachers", "parents", "students"], "filtered": False},
        "settings": {
            "migration_batch_size": 1_000_000,
            "default_country": "NG",
            "placeholder_email_domain": "v1.invalid",
            "password_policy": "carry",
            "bcrypt_cost": 10,
            "handover_recipient": None,
            "max_rejected_percent": 5.0,
        },
        "versions": {"program": "0.1.0", "python": "3.11.7", "polars": "2.1.0"},
        "read": dict(READ),
        "books": {
            table: BLANK | {"read": read, "inserted": inserted, "merged": merged, "rejected": rejected}
            for table, (read, inserted, merged, rejected) in BOOKS.items()
        },
        "written": dict(WRITTEN),
        "withdrawn": 0,
        "rejected": {"link_dropped": 16, "name_missing": 5, "row_invalid": 6, "school_code_taken": 1, "school_missing": 44},
        "changed": {"email_generated": 110, "email_suffixed": 8, "phone_invalid": 40, "subject_merged": 185},
        "examples": {
            "rejected": {"name_missing": ["Parent 3", "Student 7", "Student 12", "Student 200", "_ParentToStudent 3:9"]},
            "changed": {"email_suffixed": ["Teacher 17"]},
        },
        "meanings": {"name_missing": "no name is left", "email_suffixed": "address shared: a counter was added"},
        "contested": {
            "email": {"values": 7, "suffixed": 8, "largest_group": 3},
            "phone": {"values": 21, "suffixed": 25, "largest_group": 4},
        },
        "checks": {"v1": _findings("v1", failing={"name_length": 1, "code_length": 2}), "v2": _findings("v2", failing={})},
        "verification": {"rows": 2958, "cells": 22243, "differences": 0, "logins": 20},
        "stages": [_stage(*stage) for stage in STAGES],
        "files": [_file(f"v1/{table}/part-000.parquet", rows) for table, rows in READ.items()] + [_file("handover/part-000.csv.age", None)],
        "folder": "runs/20261122T141011Z-28ca",
    }


def dry_run() -> Document:
    """Of the rehearsal of the same."""
    return done() | {"dry_run": True}


def without_rejections() -> Document:
    """Of a V1 with nothing wrong in it."""
    document = done() | {
        "rejected": {},
        "changed": {},
        "examples": {"rejected": {}, "changed": {}},
        "checks": {name: _findings(name, failing={}) for name in ("v1", "v2")},
    }
    for book in document["books"].values():
        book["inserted"] += book["rejected"]
        book["rejected"] = 0
    return document


def nothing_to_write() -> Document:
    """Of a second run over the same V1."""
    document = done()
    for book in document["books"].values():
        book["unchanged"], book["inserted"] = book["inserted"], 0
    return document | {
        "unchanged_since": "20261121T220000Z-0a1b",
        "written": dict.fromkeys(WRITTEN, 0),
        "verification": {"rows": 0, "cells": 0, "differences": 0, "logins": 0},
        "stages": document["stages"][:1],
    }


def later_run() -> Document:
    """Of a later run over a V1 and a V2 that both moved on."""
    document = done()
    for book in document["books"].values():
        inserted = book["inserted"]
        book |= {"inserted": inserted // 10, "updated": inserted // 5, "kept": inserted // 20}
        book["unchanged"] = inserted - book["inserted"] - book["updated"] - book["kept"]
    changed = {"gone_from_v1": 3, "kept_edited": 41, "link_stale": 2, "role_withdrawn": 4, "phone_suffixed": 1}
    return document | {"changed": changed, "written": {"User": 144, "Student": 90}, "withdrawn": 4}


def failed_early() -> Document:
    """Of a run that did not get as far as reading V1: as few keys as a report ever had."""
    return {
        "run": "20261122T141011Z-28ca",
        "verdict": "failed",
        "exit_code": 4,
        "problem": "V1 (heimdall on db.example:5432) cannot be reached, or the connection broke.",
        "dry_run": False,
        "seconds": 0.412,
        "peak_memory_bytes": 150_000_000,
        "books": {},
        "written": {},
        "rejected": {},
        "changed": {},
        "checks": {"v1": [], "v2": []},
        "verification": {"rows": 0, "cells": 0, "differences": 0, "logins": 0},
        "stages": [],
        "folder": "runs/20261122T141011Z-28ca",
    }


def interrupted() -> Document:
    """Of a run that was cut off while it wrote."""
    document = done()
    document["stages"] = document["stages"][:5]
    document["stages"][4] |= {"state": "failed", "rows": 1200}
    return document | {
        "verdict": "interrupted",
        "state": "interrupted",
        "finished_at": None,
        "peak_memory_bytes": None,
        "exit_code": 130,
        "verification": {"rows": 0, "cells": 0, "differences": 0, "logins": 0},
        "files": [],
    }


def differences() -> Document:
    """Of a run that did not find in V2 what it wrote."""
    return done() | {
        "verdict": "differences",
        "state": "failed",
        "exit_code": 7,
        "problem": "verify: V2 does not hold what was written: User.phone (12), Student rows (1).",
        "next_step": "V2 was rolled back to what it was. Usual causes: a trigger or rule that changes rows, a key that V2 lost.",
        "verification": {"rows": 2958, "cells": 22243, "differences": 13, "logins": 20},
    }


def stopped_by_checks() -> Document:
    """Of a run whose own rows break V2's contract, and whose books are open."""
    document = done()
    document["books"]["Student"]["inserted"] -= 7
    checks = {"v1": document["checks"]["v1"], "v2": _findings("v2", failing={"id_unique": 3})}
    return document | {
        "verdict": "failed",
        "state": "failed",
        "exit_code": 5,
        "problem": "checks: User: id_unique (3 of 482 rows); Student: books_balance (7 of 300 rows).",
        "next_step": "Nothing was written. The findings are in runs/20261122T141011Z-28ca/report.json; please report them.",
        "checks": checks,
        "verification": {"rows": 0, "cells": 0, "differences": 0, "logins": 0},
        "stages": document["stages"][:3],
    }


def many_rejected() -> Document:
    """Of a run with 100,000 rejected rows, whose document names every one of them, as no document should."""
    document = done()
    document["books"]["Student"] |= {"read": 2_000_000, "inserted": 1_900_000, "rejected": 100_000}
    ids = [f"Student {number}" for number in range(100_000)]
    for finding in document["checks"]["v1"]:
        finding |= {"failing": 100_000, "rows": 2_000_000, "examples": ids}
    document["files"] = [_file(f"v1/Student/part-{number:03d}.parquet", 1000) for number in range(20_000)]
    return document | {
        "read": READ | {"Student": 2_000_000},
        "rejected": {"name_missing": 40_000, "school_missing": 60_000},
        "examples": {"rejected": {"name_missing": ids, "school_missing": ids}},
    }


def hostile() -> Document:
    """Of names and texts that try to be markup."""
    evil = "<script>alert(1)</script>\"' onload='x' </style><img src=x>"
    document = copy.deepcopy(done())
    document["books"][evil] = document["books"].pop("Student")
    for key in ("read", "written", "rejected", "changed", "settings", "versions", "databases", "contested"):
        document[key][evil] = next(iter(document[key].values()))
    document["checks"]["v1"][0] |= {"table": evil, "check": evil, "meaning": evil, "examples": [evil], "failing": 1}
    document["stages"][0] |= {"name": evil, "state": evil, "unit": evil}
    document["files"][0] |= {"path": evil, "sha256": evil}
    document["snapshot"] = {"id": evil, "taken_at": evil}
    document["unchanged_since"] = evil
    document["selection"] = {"entities": [evil], "filtered": True}
    return document | {
        "run": evil, "folder": evil, "started_at": evil, "problem": evil, "next_step": evil, "verdict": evil, "schema_version": evil,
    }  # fmt: skip


EVERY_KIND = {
    made.__name__: made
    for made in (
        done, dry_run, without_rejections, nothing_to_write, later_run, failed_early, interrupted, differences, stopped_by_checks,
        many_rejected, hostile,
    )
}  # fmt: skip
"""Name → what makes the document."""


def _stage(name: str, rows: int, unit: str, seconds: float) -> Document:
    rate = round(rows / seconds)
    return {"name": name, "state": "done", "rows": rows, "total": rows, "unit": unit, "seconds": seconds, "rows_per_second": rate}


def _file(path: str, rows: int | None) -> Document:
    return {"path": path, "rows": rows, "bytes": 40 * (rows or 10), "sha256": hashlib.sha256(path.encode()).hexdigest()}


def _findings(database: str, *, failing: dict[str, int]) -> list[Document]:
    tables = V1_COLUMNS if database == "v1" else V2_COLUMNS
    names = ("id_required", "id_unique", "name_length", "code_length")
    return [
        {
            "table": table,
            "check": check,
            "meaning": f"what {check} asks",
            "rows": 300,
            "failing": failing.get(check, 0) if table == "School" else 0,
            "examples": [str(id_) for id_ in range(failing.get(check, 0))] if table == "School" else [],
        }
        for table in tables
        for check in names
    ]
