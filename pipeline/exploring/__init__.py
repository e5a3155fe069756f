"""What the notebooks have in common: a run to look at, and questions to it and to V1's files, answered with frames.

```
runs ─▶ a run ─┬▶ v1_tables ─▶ profile, people (shapes)   what V1 holds                       01_profile_v1
               ├▶ audit, contests                         what became of it, from files alone  03_audit_run
               └▶ what_if                                 what would, by other settings        04_what_if
display: how tables and charts look in a notebook
```

Frames may hold personal data; they are for the screen of whoever may see the run's folder.
"""
