"""The one tree of errors, with the exit code each ends the program with.

```
MigratorError                        1   unexpected: anything that has no place below
├── StorageError                     1   the disk of the run's folder takes no more
├── UsageError                       2   a flag or argument that cannot be meant
├── SettingsError                    3   a setting that is missing or wrong
├── DatabaseError                    4   a database cannot be reached, or is not one that can be used
│   ├── ConnectionFailedError            no server, wrong password, no such database, connection lost
│   └── SchemaError                      tables, columns or reference data missing
├── CheckError                       5   checks failed, or too many rows rejected
├── LoadError                        6   loading failed; V2 is unchanged
├── VerificationError                7   V2 is not what was meant to be written; rolled back
└── RefusedError                     8   no confirmation, another run holds the lock, nothing to do it on
                                   130   interrupted (KeyboardInterrupt)
```

A message says stage, table, rule and count; never a row's values, a password or a URL that holds one.
"""

from typing import ClassVar

INTERRUPTED_EXIT_CODE = 130


class MigratorError(Exception):
    """What went wrong and where, and what to do next: the two parts of every message that a user reads."""

    exit_code: ClassVar[int] = 1

    def __init__(self, problem: str, *, next_step: str) -> None:
        super().__init__(f"{problem}\n{next_step}")
        self.problem = problem
        self.next_step = next_step


class StorageError(MigratorError):
    """The disk of the run's folder is full, or takes no more for another reason; V2 is unchanged."""


class UsageError(MigratorError):
    """A flag or argument that cannot be meant."""

    exit_code = 2


class SettingsError(MigratorError):
    """A setting that is missing or wrong."""

    exit_code = 3


class DatabaseError(MigratorError):
    """A database cannot be reached, or is not one that can be used."""

    exit_code = 4


class ConnectionFailedError(DatabaseError):
    """No server answers, the server refuses the user, or the connection broke."""


class SchemaError(DatabaseError):
    """A database lacks tables, columns or reference data that the migration needs."""


class CheckError(MigratorError):
    """The checks of the data failed, or more rows were rejected than the settings allow."""

    exit_code = 5


class LoadError(MigratorError):
    """Writing V2 failed; the transaction was rolled back, V2 is unchanged."""

    exit_code = 6


class VerificationError(MigratorError):
    """What V2 holds is not what was meant to be written; the transaction was rolled back."""

    exit_code = 7


class RefusedError(MigratorError):
    """Not done on purpose: no confirmation, another run holds the lock, nothing to do it on."""

    exit_code = 8
