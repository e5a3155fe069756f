"""The indexes and keys of V2's tables, by its catalogue: which can be taken off before a bulk load, and the SQL that puts them back.

To add a row to five indexes, one by one, costs many times what it costs to build the indexes once over all rows. DDL is transactional:
whatever goes wrong before the commit, every index and key is there again.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["index", "key", "foreign key"]

CATALOGUE: Final = """
    SELECT 'key' AS kind, schema.nspname::text AS schema, relation.relname::text AS table, own.conname::text AS name,
        pg_get_constraintdef(own.oid) AS definition, NULL::text AS parent, key.indexrelid::int8 AS index, {is_plain_index}
            AND own.contype IN ('p', 'u') AND own.conname = held.relname AND held.reloptions IS NULL
            AND obj_description(own.oid, 'pg_constraint') IS NULL
            AND NOT EXISTS (SELECT FROM pg_depend AS needs WHERE needs.refclassid = 'pg_constraint'::regclass
                AND needs.refobjid = own.oid AND needs.objid <> key.indexrelid) AS is_plain
    FROM {indexes} JOIN pg_constraint AS own ON own.conindid = key.indexrelid AND own.conrelid = key.indrelid AND own.contype <> 'f'
    WHERE key.indrelid IN ({tables})
  UNION ALL
    SELECT 'index', schema.nspname, relation.relname, held.relname, pg_get_indexdef(key.indexrelid), NULL, key.indexrelid::int8,
        {is_plain_index} AND NOT EXISTS (SELECT FROM pg_attribute AS attribute
            WHERE attribute.attrelid = key.indexrelid AND coalesce(attribute.attstattarget, -1) <> -1)
    FROM {indexes}
    WHERE key.indrelid IN ({tables})
      AND NOT EXISTS (SELECT FROM pg_constraint AS own
        WHERE own.conindid = key.indexrelid AND own.conrelid = key.indrelid AND own.contype <> 'f')
  UNION ALL
    SELECT 'foreign key', schema.nspname, relation.relname, own.conname, pg_get_constraintdef(own.oid),
        format('%I.%I', parent_schema.nspname, parent.relname), own.conindid::int8, {is_plain_table}
        AND own.conrelid IN ({tables}) AND own.convalidated AND own.conparentid = 0 AND obj_description(own.oid, 'pg_constraint') IS NULL
        AND NOT EXISTS (SELECT FROM pg_trigger AS trigger WHERE trigger.tgconstraint = own.oid AND trigger.tgenabled <> 'O')
        AND NOT EXISTS (SELECT FROM pg_depend AS needs WHERE needs.refclassid = 'pg_constraint'::regclass
            AND needs.refobjid = own.oid AND needs.classid <> 'pg_trigger'::regclass)
    FROM pg_constraint AS own
    JOIN pg_class AS relation ON relation.oid = own.conrelid
    JOIN pg_namespace AS schema ON schema.oid = relation.relnamespace
    JOIN pg_class AS parent ON parent.oid = own.confrelid
    JOIN pg_namespace AS parent_schema ON parent_schema.oid = parent.relnamespace
    WHERE own.contype = 'f'
"""
"""Every index and key of some tables, and every foreign key there is; `index` is the oid of the one it has or needs."""

INDEXES: Final = """
    pg_index AS key
    JOIN pg_class AS held ON held.oid = key.indexrelid
    JOIN pg_class AS relation ON relation.oid = key.indrelid
    JOIN pg_namespace AS schema ON schema.oid = relation.relnamespace
"""

IS_PLAIN_TABLE: Final = """
    (relation.relkind = 'r' AND NOT relation.relispartition AND NOT relation.relhassubclass
    AND pg_has_role(relation.relowner, 'USAGE') AND has_schema_privilege(schema.oid, 'CREATE')
    AND NOT EXISTS (SELECT FROM pg_publication_tables AS published
        WHERE published.schemaname = schema.nspname AND published.tablename = relation.relname))
"""
"""A table of our own, whole, that no replica follows: one that is published needs its key for every update."""

IS_PLAIN_INDEX: Final = f"""
    {IS_PLAIN_TABLE} AND key.indisvalid AND key.indisready AND NOT key.indisclustered AND NOT key.indisreplident
    AND NOT key.indisexclusion AND held.reltablespace = 0 AND obj_description(key.indexrelid, 'pg_class') IS NULL
    AND NOT EXISTS (SELECT FROM pg_depend AS needs WHERE needs.refclassid = 'pg_class'::regclass
        AND needs.refobjid = key.indexrelid AND needs.classid <> 'pg_constraint'::regclass)
"""
"""An index whose definition tells all of it, and that nothing but foreign keys rests on."""

ROWS_THERE_FOR_ONE_COMING: Final = 4
"""Up to so many rows in a table for each that comes, its indexes are cheaper built again than grown: measured, the balance is near 6."""

FEWEST_ROWS: Final = 10_000
"""Fewer rows than that are written in a moment either way, and nobody is locked out meanwhile."""


DROP_ORDER: Final[tuple[Kind, ...]] = ("foreign key", "index", "key")


@dataclass(frozen=True)
class Constraint:
    """An index, a primary or unique key, or a foreign key of a table."""

    kind: Kind
    schema: str
    table: str
    name: str
    definition: str
    """As the server writes it: of an index the whole statement, of a key what stands behind its name."""
    parent: str | None
    """Of a foreign key: the table it refers to, qualified and quoted."""
    index: int
    """The oid of the index that it is, has, or refers to; another one each time it is made."""
    is_plain: bool
    """Whether it is one of the tables asked for, and can be dropped and made again without anything else of V2 changing."""

    @property
    def on(self) -> str:
        """Its table, qualified and quoted for SQL."""
        return f"{_quoted(self.schema)}.{_quoted(self.table)}"

    @property
    def drop(self) -> str:
        """The statement that removes it."""
        if self.kind == "index":
            return f"DROP INDEX {_quoted(self.schema)}.{_quoted(self.name)}"
        return f"ALTER TABLE {self.on} DROP CONSTRAINT {_quoted(self.name)}"

    @property
    def add(self) -> str:
        """The statement that makes it again."""
        if self.kind == "index":
            return self.definition
        return f"ALTER TABLE {self.on} ADD CONSTRAINT {_quoted(self.name)} {self.definition}"

    @property
    def description(self) -> tuple[str, ...]:
        """What must be the same before and after."""
        return self.kind, self.schema, self.table, self.name, self.definition, self.parent or "", str(self.is_plain)


def catalogue_query(tables: Iterable[str], /) -> str:
    """The query for every index and key of some tables (qualified, quoted), and every foreign key there is: `Constraint`'s columns."""
    listed = ", ".join("'" + table.replace("'", "''") + "'::regclass" for table in tables)
    return CATALOGUE.format(tables=listed, indexes=INDEXES, is_plain_index=IS_PLAIN_INDEX, is_plain_table=IS_PLAIN_TABLE)


def pays(*, coming: int, there: int) -> bool:
    """Whether a table's indexes are cheaper built again over all rows than grown row by row; both in rows."""
    return coming >= FEWEST_ROWS and there <= ROWS_THERE_FOR_ONE_COMING * coming


def detachable(constraints: Collection[Constraint], tables: Collection[str], /) -> list[Constraint]:
    """Those of some tables (qualified, quoted) that can be taken off, in the order in which they can be dropped.

    An index that a foreign key refers to stays if that one stays: whoever it belongs to.
    """
    ours = [constraint for constraint in constraints if constraint.on in tables and constraint.is_plain]
    needed = {constraint.index for constraint in constraints if constraint.kind == "foreign key" and constraint not in ours}
    taken = [constraint for constraint in ours if constraint.kind == "foreign key" or constraint.index not in needed]
    return sorted(taken, key=lambda constraint: (DROP_ORDER.index(constraint.kind), constraint.on))


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
