"""One module for each kind of V1 row: it owns the column names, and composes the column transforms: LazyFrame → LazyFrame."""
