-- V1 → V2 as a competent DBA would write it, set by set, V1's tables being foreign tables in the schema "v1".
-- Clean-ups by regular expressions, duplicates by row_number(), ids by md5: near the mapping, and not exact.

SET LOCAL work_mem = '256MB';
SET LOCAL search_path = public, pg_temp;

-- Text. What is plain ASCII without double blanks, nearly all, is spared the costly expressions.

CREATE FUNCTION pg_temp.clean(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN value !~ '[^ -~]|  ' THEN nullif(btrim(value), '')
        ELSE nullif(normalize(btrim(regexp_replace(
            regexp_replace(value, '[\u0001-\u0008\u000E-\u001F\u007F-\u0084\u0086-\u009F\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\uFEFF\uFFF9-\uFFFB]', '', 'g'),
            '[\s\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+', ' ', 'g')), NFC), '')
    END
$$;

CREATE FUNCTION pg_temp.says_nothing(cleaned text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT lower(cleaned) IN ('n/a', 'na', 'nil', 'none', 'null', '-', '--', '.', '?')
$$;

CREATE FUNCTION pg_temp.plausible(value timestamp) RETURNS timestamp LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN value BETWEEN '1900-01-01' AND '2200-01-01' THEN value END
$$;

-- Schools.

CREATE TEMP TABLE country (spelling text PRIMARY KEY, code text, calling_code text);
INSERT INTO country VALUES
    ('ng', 'NG', '234'), ('nga', 'NG', '234'), ('nigeria', 'NG', '234'), ('federal republic of nigeria', 'NG', '234'),
    ('gh', 'GH', '233'), ('gha', 'GH', '233'), ('ghana', 'GH', '233'), ('republic of ghana', 'GH', '233'),
    ('ke', 'KE', '254'), ('ken', 'KE', '254'), ('kenya', 'KE', '254'), ('republic of kenya', 'KE', '254'),
    ('gb', 'GB', '44'), ('gbr', 'GB', '44'), ('uk', 'GB', '44'), ('u.k.', 'GB', '44'), ('united kingdom', 'GB', '44'),
    ('great britain', 'GB', '44'), ('england', 'GB', '44'), ('scotland', 'GB', '44'), ('wales', 'GB', '44'), ('northern ireland', 'GB', '44'),
    ('us', 'US', '1'), ('usa', 'US', '1'), ('u.s.a.', 'US', '1'), ('america', 'US', '1'), ('united states', 'US', '1'),
    ('united states of america', 'US', '1'),
    ('in', 'IN', '91'), ('ind', 'IN', '91'), ('india', 'IN', '91'), ('republic of india', 'IN', '91'),
    ('za', 'ZA', '27'), ('zaf', 'ZA', '27'), ('south africa', 'ZA', '27'), ('republic of south africa', 'ZA', '27'),
    ('ae', 'AE', '971'), ('are', 'AE', '971'), ('united arab emirates', 'AE', '971'), ('the united arab emirates', 'AE', '971');
ANALYZE country;

CREATE TEMP TABLE school AS
WITH cleaned AS MATERIALIZED (
    SELECT id, coalesce(pg_temp.clean(code), 'SCHOOL-' || id) AS code, pg_temp.clean(name) AS name, pg_temp.clean(country) AS country, curriculum
    FROM v1."School"
), claimed AS (
    SELECT *, row_number() OVER (PARTITION BY code ORDER BY id) AS claim FROM cleaned
)
SELECT
    claimed.id AS v1_id,
    md5('School:' || claimed.id)::uuid::text AS id,
    claimed.code,
    coalesce(claimed.name, claimed.code) AS name,
    coalesce(country.code, 'NG') AS country,
    coalesce(country.calling_code, '234') AS calling_code,
    btrim(regexp_replace(lower(claimed.code), '[^a-z0-9]+', '-', 'g'), '-') || '.v1.invalid' AS domain,
    (SELECT c.id FROM "Curriculum" c WHERE claimed.curriculum ~* ('\m(' || c.code || '|' || c.name || ')\M') ORDER BY length(c.name) DESC, c.code LIMIT 1)
        AS curriculum_id
FROM claimed LEFT JOIN country ON country.spelling = lower(claimed.country)
WHERE claim = 1 AND length(claimed.code) <= 255 AND length(coalesce(claimed.name, '')) <= 255;
CREATE UNIQUE INDEX ON school (v1_id);
ANALYZE school;

INSERT INTO "School" (id, "curriculumId", name, code, email, phone, country, "logoUrl", settings, "isActive", "createdAt", "updatedAt")
SELECT s.id, s.curriculum_id, s.name, s.code, lower(pg_temp.clean(t.email)), pg_temp.clean(t.phone), s.country, t.logo_url,
       CASE WHEN jsonb_typeof(t.settings) = 'object' THEN t.settings ELSE '{}' END, t.is_active,
       coalesce(pg_temp.plausible(t.created_at), now()), coalesce(pg_temp.plausible(t.updated_at), now())
FROM v1."School" t JOIN school s ON s.v1_id = t.id;

-- People: read once, cleaned, told apart; then who keeps which address.

CREATE TEMP TABLE typed AS
SELECT 'ADMIN' AS kind, 1 AS rank, t.id AS v1_id, t.id AS v1_school_id, pg_temp.clean(admin_name) AS full_name,
       lower(pg_temp.clean(admin_email)) AS email, pg_temp.clean(admin_phone) AS phone, admin_password AS password,
       NULL::"Gender" AS gender, NULL::timestamp AS birth, NULL AS address, is_active, created_at, updated_at, NULL AS number
FROM v1."School" t
UNION ALL
SELECT 'TEACHER', 2, id, school_id, pg_temp.clean(full_name), lower(pg_temp.clean(email)), pg_temp.clean(phone), password,
       gender, date_of_birth, address, is_active, created_at, updated_at, pg_temp.clean(employee_no)
FROM v1."Teacher"
UNION ALL
SELECT 'PARENT', 3, id, school_id, pg_temp.clean(full_name), lower(pg_temp.clean(email)), pg_temp.clean(phone), password,
       NULL, NULL, address, is_active, created_at, updated_at, NULL
FROM v1."Parent"
UNION ALL
SELECT 'STUDENT', 4, id, school_id, pg_temp.clean(full_name), lower(pg_temp.clean(email)), pg_temp.clean(phone), password,
       gender, date_of_birth, address, status = 'ACTIVE', created_at, updated_at, pg_temp.clean(admission_no)
FROM v1."Student";

CREATE TEMP TABLE person AS
-- MATERIALIZED, or each expression would be worked out again wherever the next step names it.
WITH bare AS MATERIALIZED (
    SELECT *, btrim(CASE WHEN full_name ~ '[("“]' THEN regexp_replace(full_name, '\([^()]*\)|"[^"]*"|“[^“”]*”', ' ', 'g') ELSE full_name END, ' ,') AS name
    FROM typed
    WHERE length(full_name) <= 255 AND length(coalesce(number, '')) <= 255
), parted AS MATERIALIZED (
    SELECT *, regexp_match(name,
        '^((?:(?:mr|mrs|ms|miss|mx|master|dr|prof|professor|rev|reverend|sir|madam|engr|engineer|barr|barrister|arc|hon|elder|evang|chief|alhaji|alh|alhaja|hajia|hajiya|pastor|pst|imam|sheikh|mallam|bishop|deacon|deaconess|&|and)\.? )*)(.*?)((?:,? (?:jr|sr|ii|iii|iv|ph\.?d|m\.?d|esq|m\.?b\.?a|m\.?sc|b\.?sc)\.?)*)$', 'i') AS parts
    FROM bare WHERE name <> ''
), words AS MATERIALIZED (
    SELECT *, string_to_array(
        CASE WHEN parts[2] LIKE '%,%' THEN btrim(substr(parts[2], strpos(parts[2], ',') + 1)) || ' ' || split_part(parts[2], ',', 1) ELSE parts[2] END, ' ') AS words
    FROM parted
)
SELECT
    kind, rank, words.v1_id, md5('User:' || kind || ':' || words.v1_id)::uuid::text AS user_id, school.id AS school_id,
    nullif(btrim(parts[1]), '') AS title,
    CASE WHEN words.name IN (upper(words.name), lower(words.name)) THEN initcap(words[1]) ELSE words[1] END AS first_name,
    nullif(array_to_string(words[2:cardinality(words) - 1], ' '), '') AS middle_name,
    CASE WHEN cardinality(words) > 1 THEN
        CASE WHEN words.name IN (upper(words.name), lower(words.name)) THEN initcap(words[cardinality(words)]) ELSE words[cardinality(words)] END
    END AS last_name,
    nullif(btrim(parts[3], ' ,'), '') AS suffix,
    substring(email FROM '[a-z0-9!#$%&''*+/=?^_`{|}~.-]+@(?:[a-z0-9-]+\.)+[a-z]+') AS own_email,
    school.domain,
    CASE
        WHEN digits ~ '^\+[1-9][0-9]{7,14}$' THEN digits
        WHEN digits ~ '^00[1-9][0-9]{7,13}$' THEN '+' || substr(digits, 3)
        WHEN digits ~ '^0[1-9][0-9]{7,9}$' THEN '+' || calling_code || substr(digits, 2)
        WHEN digits ~ '^[1-9][0-9]{10,12}$' AND starts_with(digits, calling_code) THEN '+' || digits
        WHEN digits ~ '^[1-9][0-9]{8,9}$' THEN '+' || calling_code || digits
    END AS phone,
    password, gender, birth, address, is_active,
    coalesce(pg_temp.plausible(created_at), pg_temp.plausible(updated_at), now()) AS created_at,
    coalesce(pg_temp.plausible(updated_at), pg_temp.plausible(created_at), now()) AS updated_at,
    number, school.country
FROM words
JOIN school ON school.v1_id = words.v1_school_id
CROSS JOIN LATERAL (SELECT translate(split_part(regexp_replace(phone, '[/,;]| or | ?ext| ?x[0-9]| ?#', '|'), '|', 1), ' ().-''', '') AS digits OFFSET 0) AS dialled;
ANALYZE person;

CREATE TEMP TABLE account AS
WITH addressed AS MATERIALIZED (
    SELECT *, coalesce(own_email,
        coalesce(nullif(btrim(regexp_replace(lower(concat_ws('.', first_name, last_name)), '[^a-z0-9.]', '', 'g'), '.'), ''), lower(kind)) || '@' || domain) AS email
    FROM person
)
SELECT *,
    row_number() OVER (PARTITION BY email ORDER BY rank, v1_id) AS email_claim,
    row_number() OVER (PARTITION BY phone ORDER BY rank, v1_id) AS phone_claim
FROM addressed;
CREATE UNIQUE INDEX ON account (kind, v1_id);
ANALYZE account;

INSERT INTO "User" (id, "userTypeId", email, "emailVerified", phone, "passwordHash", "mustChangePassword", title, "firstName", "middleName", "lastName",
                    suffix, gender, "dateOfBirth", status, "createdAt", "updatedAt")
SELECT a.user_id, t.id,
       CASE WHEN email_claim = 1 THEN email ELSE split_part(email, '@', 1) || '+' || lower(left(kind, 1)) || v1_id || '@' || split_part(email, '@', 2) END,
       own_email IS NOT NULL AND email_claim = 1,
       CASE WHEN phone_claim = 1 THEN phone ELSE phone || ';ext=' || phone_claim END,
       regexp_replace(coalesce(password, ''), '^\$2y', '$2b'), password IS NULL, title, first_name, middle_name, last_name, suffix, gender,
       pg_temp.plausible(birth)::date, CASE WHEN is_active THEN 'ACTIVE' ELSE 'INACTIVE' END::"UserStatus", created_at, updated_at
FROM account a JOIN "UserType" t ON t.code = a.kind;

INSERT INTO "UserRole" (id, "userId", "roleId", "schoolId", "createdAt")
SELECT md5('UserRole:' || a.user_id)::uuid::text, a.user_id, r.id, a.school_id, a.created_at
FROM account a JOIN "Role" r ON r.code = CASE a.kind WHEN 'ADMIN' THEN 'SCHOOL_ADMIN' ELSE a.kind END;

INSERT INTO "Address" (id, "userId", "schoolId", line1, line2, city, state, "postalCode", country)
WITH owners AS (
    SELECT user_id, NULL AS school_id, address, country FROM account WHERE address IS NOT NULL
    UNION ALL
    SELECT NULL, s.id, t.address, s.country FROM v1."School" t JOIN school s ON s.v1_id = t.id WHERE t.address IS NOT NULL
), listed AS MATERIALIZED (
    SELECT *, array_remove(regexp_split_to_array(pg_temp.clean(regexp_replace(address, '[\r\n]+', ',', 'g')), ' *, *'), '') AS listed FROM owners
), bare AS MATERIALIZED (
    SELECT listed.*, coalesce(c.code, listed.country) AS in_country,
           CASE WHEN c.code IS NULL THEN listed ELSE listed[:cardinality(listed) - 1] END AS parts
    FROM listed LEFT JOIN country c ON c.spelling = lower(listed[cardinality(listed)])
)
SELECT md5('Address:' || coalesce(user_id, school_id))::uuid::text, user_id, school_id, parts[1],
       nullif(array_to_string(parts[2:cardinality(parts) - 2], ', '), ''),
       CASE WHEN cardinality(parts) > 1 THEN parts[greatest(cardinality(parts) - 1, 2)] END,
       CASE WHEN cardinality(parts) > 2 THEN parts[cardinality(parts)] END,
       substring(parts[cardinality(parts)] FROM '[0-9]{4,7}(?:-[0-9]{4})?$'), in_country
FROM bare WHERE parts[1] IS NOT NULL AND NOT pg_temp.says_nothing(parts[1]);

-- Classes and subjects.

CREATE TEMP TABLE class AS
SELECT t.id AS v1_id, md5('Class:' || t.id)::uuid::text AS id, s.id AS school_id, coalesce(pg_temp.clean(t.name), 'Class ' || t.id) AS name,
       CASE
           WHEN t.academic_year ~ '^\s*[0-9]{4}\s*[-/–]' THEN substring(t.academic_year FROM '[0-9]{4}') || '/' || (substring(t.academic_year FROM '[0-9]{4}')::int + 1)
           ELSE coalesce(pg_temp.clean(t.academic_year), extract(year FROM coalesce(pg_temp.plausible(t.created_at), now()))::text)
       END AS academic_year,
       CASE WHEN t.capacity >= 0 THEN t.capacity END AS capacity, t.class_teacher_id,
       coalesce(pg_temp.plausible(t.created_at), now()) AS created_at, coalesce(pg_temp.plausible(t.updated_at), now()) AS updated_at
FROM v1."Class" t JOIN school s ON s.v1_id = t.school_id;
DELETE FROM class WHERE length(name) > 255;
CREATE UNIQUE INDEX ON class (v1_id);
ANALYZE class;

INSERT INTO "Class" (id, "schoolId", "classLevelId", name, section, "academicYear", capacity, "createdAt", "updatedAt")
SELECT c.id, c.school_id, l.id, c.name, CASE WHEN l.id IS NOT NULL THEN nullif(btrim(parts[3], ' -().'), '') END, c.academic_year, c.capacity, c.created_at, c.updated_at
FROM class c
CROSS JOIN LATERAL (SELECT regexp_match(upper(c.name), '^([A-Z]+)[ .-]*0?([0-9]{1,2})(.*)$') AS parts OFFSET 0) AS p
LEFT JOIN "ClassLevel" l ON l.code = CASE parts[1]
    WHEN 'NUR' THEN 'NURSERY' WHEN 'PRY' THEN 'PRIMARY' WHEN 'PRI' THEN 'PRIMARY' WHEN 'JS' THEN 'JSS' WHEN 'SS' THEN 'SSS' WHEN 'F' THEN 'FORM'
    WHEN 'Y' THEN 'YEAR' WHEN 'YR' THEN 'YEAR' WHEN 'GR' THEN 'GRADE' ELSE parts[1] END || parts[2];

CREATE TEMP TABLE subject AS
WITH named AS (
    SELECT t.id AS v1_id, s.id AS school_id, s.code AS school_code, pg_temp.clean(t.name) AS name, pg_temp.clean(t.code) AS code,
           regexp_replace(lower(t.category), '[^a-z0-9]', '', 'g') AS category
    FROM v1."Subject" t JOIN school s ON s.v1_id = t.school_id
), folded AS MATERIALIZED (
    SELECT *, regexp_replace(lower(name), '[^[:alnum:]]', '', 'g') AS folded_name, regexp_replace(lower(code), '[^[:alnum:]]', '', 'g') AS folded_code
    FROM named
    WHERE coalesce(name, code) IS NOT NULL AND length(coalesce(name, '')) <= 255 AND length(coalesce(code, '')) <= 255
), catalogue AS MATERIALIZED (
    SELECT id, regexp_replace(lower(code), '[^[:alnum:]]', '', 'g') AS code, regexp_replace(lower(name), '[^[:alnum:]]', '', 'g') AS name
    FROM "Subject" WHERE "schoolId" IS NULL
)
SELECT folded.*, coalesce(by_name.id, by_code.id) AS catalogue_id,
       row_number() OVER (PARTITION BY school_id, coalesce(folded.code, folded_name) ORDER BY v1_id) AS claim
FROM folded
LEFT JOIN catalogue by_name ON folded.folded_name IN (by_name.code, by_name.name)
LEFT JOIN catalogue by_code ON folded.folded_code IN (by_code.code, by_code.name);
ALTER TABLE subject ADD COLUMN id text;
UPDATE subject SET id = coalesce(catalogue_id, md5('Subject:' || v1_id)::uuid::text);
ANALYZE subject;

INSERT INTO "Subject" (id, "categoryId", "schoolId", code, name)
SELECT s.id, coalesce(c.id, general.id), s.school_id,
       s.school_code || '-' || coalesce(s.code, s.folded_name) || CASE WHEN s.claim > 1 THEN '/' || s.v1_id ELSE '' END, coalesce(s.name, s.code)
FROM subject s
JOIN "SubjectCategory" general ON general.code = 'GENERAL'
LEFT JOIN "SubjectCategory" c ON lower(c.code) = s.category
WHERE s.catalogue_id IS NULL;

-- What the people are.

INSERT INTO "Teacher" (id, "userId", "schoolId", "employeeNo", qualification, skills, salary, "hiredAt", "createdAt", "updatedAt")
SELECT md5('Teacher:' || t.id)::uuid::text, a.user_id, a.school_id, a.number, pg_temp.clean(t.qualification), coalesce(t.skills, '{}'),
       CASE WHEN t.salary >= 0 AND t.salary <> 'NaN' THEN t.salary END, pg_temp.plausible(t.hired_at)::date, a.created_at, a.updated_at
FROM v1."Teacher" t JOIN account a ON a.kind = 'TEACHER' AND a.v1_id = t.id;

INSERT INTO "TeacherClass" ("teacherId", "classId", "isClassTeacher")
SELECT md5('Teacher:' || pair.teacher)::uuid::text, c.id, bool_or(pair.own)
FROM (SELECT "A" AS class, "B" AS teacher, false AS own FROM v1."_ClassToTeacher"
      UNION ALL SELECT v1_id, class_teacher_id, true FROM class WHERE class_teacher_id IS NOT NULL) AS pair
JOIN class c ON c.v1_id = pair.class
JOIN account a ON a.kind = 'TEACHER' AND a.v1_id = pair.teacher
GROUP BY pair.teacher, c.id;

INSERT INTO "TeacherSubject" ("teacherId", "subjectId")
SELECT DISTINCT md5('Teacher:' || pair."B")::uuid::text, s.id
FROM v1."_SubjectToTeacher" pair
JOIN subject s ON s.v1_id = pair."A"
JOIN account a ON a.kind = 'TEACHER' AND a.v1_id = pair."B";

INSERT INTO "Parent" (id, "userId", "altPhone", occupation, "createdAt", "updatedAt")
SELECT md5('Parent:' || t.id)::uuid::text, a.user_id, pg_temp.clean(t.alt_phone), pg_temp.clean(t.occupation), a.created_at, a.updated_at
FROM v1."Parent" t JOIN account a ON a.kind = 'PARENT' AND a.v1_id = t.id;

CREATE TEMP TABLE pupil AS
SELECT t.id AS v1_id, md5('Student:' || t.id)::uuid::text AS id, a.user_id, a.school_id, t.class_id, t.parent_id,
       CASE WHEN a.number IS NULL OR pg_temp.says_nothing(a.number) THEN 'ADM-' || t.id ELSE a.number END AS admission_no,
       CASE WHEN NOT pg_temp.says_nothing(pg_temp.clean(t.blood_group)) THEN pg_temp.clean(t.blood_group) END AS blood_group,
       t.status, pg_temp.plausible(t.enrolled_at)::date AS enrolled_at, a.created_at, a.updated_at
FROM v1."Student" t JOIN account a ON a.kind = 'STUDENT' AND a.v1_id = t.id;
CREATE UNIQUE INDEX ON pupil (v1_id);
ANALYZE pupil;

INSERT INTO "Student" (id, "userId", "schoolId", "admissionNo", "bloodGroup", status, "enrolledAt", "createdAt", "updatedAt")
SELECT id, user_id, school_id,
       admission_no || CASE WHEN row_number() OVER (PARTITION BY school_id, admission_no ORDER BY v1_id) > 1 THEN '/' || v1_id ELSE '' END,
       blood_group, status, enrolled_at, created_at, updated_at
FROM pupil;

INSERT INTO "Enrollment" (id, "studentId", "classId", "academicYear")
SELECT md5('Enrollment:' || p.id)::uuid::text, p.id, c.id, c.academic_year
FROM pupil p JOIN class c ON c.v1_id = p.class_id;

CREATE TEMP TABLE family AS
SELECT p.id AS student_id, p.school_id, pair.parent, bool_or(pair.own) AS is_primary
FROM (SELECT "A" AS parent, "B" AS student, false AS own FROM v1."_ParentToStudent"
      UNION ALL SELECT parent_id, v1_id, true FROM pupil WHERE parent_id IS NOT NULL) AS pair
JOIN pupil p ON p.v1_id = pair.student
JOIN account a ON a.kind = 'PARENT' AND a.v1_id = pair.parent
GROUP BY p.id, p.school_id, pair.parent;
ANALYZE family;

INSERT INTO "StudentParent" ("studentId", "parentId", relationship, "isPrimary")
SELECT f.student_id, md5('Parent:' || f.parent)::uuid::text,
       CASE
           WHEN t.relationship IN ('father', 'dad', 'daddy', 'papa') THEN 'FATHER'
           WHEN t.relationship IN ('mother', 'mum', 'mom', 'mummy', 'mama') THEN 'MOTHER'
           WHEN t.relationship IN ('guardian', 'uncle', 'aunt', 'grandparent', 'grandmother', 'grandfather', 'brother', 'sister', 'sponsor') THEN 'GUARDIAN'
           ELSE 'OTHER'
       END::"Relationship",
       f.is_primary
FROM family f JOIN (SELECT id, lower(pg_temp.clean(relationship)) AS relationship FROM v1."Parent") AS t ON t.id = f.parent;

INSERT INTO "ParentSchool" ("parentId", "schoolId")
SELECT md5('Parent:' || v1_id)::uuid::text, school_id FROM account WHERE kind = 'PARENT'
UNION
SELECT md5('Parent:' || parent)::uuid::text, school_id FROM family;
