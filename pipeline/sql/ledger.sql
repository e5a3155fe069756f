-- The migration's own books in V2, in a schema of their own: Prisma's schema stays free of drift.

CREATE SCHEMA IF NOT EXISTS "migration";

CREATE TABLE IF NOT EXISTS "migration"."run" (
    "id" TEXT PRIMARY KEY,
    "state" TEXT NOT NULL,
    "settings_digest" TEXT NOT NULL,
    "counts" JSONB NOT NULL,
    "started_at" TIMESTAMP(3) NOT NULL,
    "loaded_at" TIMESTAMP(3) NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
);

-- One row for every V1 row that V2 holds. "v1_id" is "A:B" for a row of a link table. What is looked up is compared byte by byte: nobody
-- reads it in the order of a language, in which an index would take several times as long to sort.
CREATE TABLE IF NOT EXISTS "migration"."row" (
    "v1_table" TEXT COLLATE "C" NOT NULL,
    "v1_id" TEXT COLLATE "C" NOT NULL,
    "digest" TEXT NOT NULL,
    "run_id" TEXT NOT NULL REFERENCES "migration"."run" ("id"),
    -- What V2 was given: "updatedAt" of its rows, and of those that were kept since, by which a later edit shows; the V1 ids of the
    -- school, and of the class's teacher or the student's parent, by which a later run sees what V1 no longer gives.
    "updated_at" TIMESTAMP(3),
    "former_updated_at" TIMESTAMP(3),
    "school_id" TEXT,
    "link_id" TEXT,
    -- A V2 row of it had been edited when V1 changed, and was kept.
    "is_kept" BOOLEAN NOT NULL DEFAULT false,
    PRIMARY KEY ("v1_id", "v1_table")
);
