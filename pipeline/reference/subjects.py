"""The subject categories, and the catalogue of subjects that schools teach (mapping, sections 8 and 11).

The migration finds a V1 subject here by its name or code in lower case, letters and digits only. So no two subjects may
share such a code or name, and where a subject has two usual names, the code carries the one and the name the other.
"""

from typing import Final

import polars as pl

from transforms.ids import v2_id

SUBJECT_CATEGORIES: Final = {
    "LANGUAGES": "Languages",
    "MATHEMATICS": "Mathematics",
    "SCIENCE": "Sciences",
    "HUMANITIES": "Humanities",
    "ARTS": "Creative Arts",
    "TECHNICAL": "Technical and Vocational",
    "BUSINESS": "Business Studies",
    "RELIGION": "Religious Studies",
    "PHYSICAL": "Physical Education",
    "GENERAL": "General",
}

SUBJECTS: Final = {
    "LANGUAGES": {
        "ENGLISH_LANGUAGE": "English Language",
        "LITERATURE": "Literature in English",
        "FRENCH": "French",
        "ARABIC": "Arabic",
        "SPANISH": "Spanish",
        "GERMAN": "German",
        "LATIN": "Latin",
        "MANDARIN": "Mandarin Chinese",
        "PORTUGUESE": "Portuguese",
        "HAUSA": "Hausa",
        "IGBO": "Igbo",
        "YORUBA": "Yoruba",
        "TWI": "Asante Twi",
        "FANTE": "Fante",
        "EWE": "Ewe",
        "GA_LANGUAGE": "Ga Language",
        "KISWAHILI": "Kiswahili",
        "KENYAN_SIGN_LANGUAGE": "Kenyan Sign Language",
    },
    "MATHEMATICS": {
        "MATHEMATICS": "Mathematics",
        "FURTHER_MATHEMATICS": "Further Mathematics",
        "ADDITIONAL_MATHEMATICS": "Additional Mathematics",
        "CORE_MATHEMATICS": "Core Mathematics",
        "ELECTIVE_MATHEMATICS": "Elective Mathematics",
        "STATISTICS": "Statistics",
        "ALGEBRA": "Algebra",
        "GEOMETRY": "Geometry",
        "CALCULUS": "Calculus",
    },
    "SCIENCE": {
        "SCIENCE": "Science",
        "PHYSICS": "Physics",
        "CHEMISTRY": "Chemistry",
        "BIOLOGY": "Biology",
        "BASIC_SCIENCE": "Basic Science",
        "BASIC_SCIENCE_AND_TECHNOLOGY": "Basic Science and Technology",
        "INTEGRATED_SCIENCE": "Integrated Science",
        "COMBINED_SCIENCE": "Combined Science",
        "GENERAL_SCIENCE": "General Science",
        "AGRICULTURAL_SCIENCE": "Agricultural Science",
        "AGRICULTURE": "Agriculture",
        "ENVIRONMENTAL_SCIENCE": "Environmental Science",
        "HEALTH_SCIENCE": "Health Science",
    },
    "HUMANITIES": {
        "GEOGRAPHY": "Geography",
        "HISTORY": "History",
        "GOVERNMENT": "Government",
        "CIVIC_EDUCATION": "Civic Education",
        "CITIZENSHIP": "Citizenship",
        "SOCIAL_STUDIES": "Social Studies",
        "SOCIOLOGY": "Sociology",
        "PSYCHOLOGY": "Psychology",
        "PHILOSOPHY": "Philosophy",
        "THEORY_OF_KNOWLEDGE": "Theory of Knowledge",
        "GLOBAL_PERSPECTIVES": "Global Perspectives",
    },
    "ARTS": {
        "VISUAL_ARTS": "Visual Arts",
        "FINE_ART": "Fine Art",
        "ART_AND_DESIGN": "Art and Design",
        "CREATIVE_ARTS": "Creative Arts",
        "CULTURAL_AND_CREATIVE_ARTS": "Cultural and Creative Arts",
        "MUSIC": "Music",
        "DRAMA": "Drama",
        "THEATRE": "Theatre Arts",
        "DANCE": "Dance",
    },
    "TECHNICAL": {
        "COMPUTER_SCIENCE": "Computer Science",
        "COMPUTER_STUDIES": "Computer Studies",
        "ICT": "Information and Communication Technology",
        "DATA_PROCESSING": "Data Processing",
        "BASIC_TECHNOLOGY": "Basic Technology",
        "DESIGN_AND_TECHNOLOGY": "Design and Technology",
        "TECHNICAL_DRAWING": "Technical Drawing",
        "WOODWORK": "Woodwork",
        "METALWORK": "Metalwork",
        "BUILDING_CONSTRUCTION": "Building Construction",
        "ELECTRONICS": "Basic Electronics",
        "AUTO_MECHANICS": "Auto Mechanics",
        "HOME_ECONOMICS": "Home Economics",
        "HOME_SCIENCE": "Home Science",
        "FOOD_AND_NUTRITION": "Food and Nutrition",
        "CLOTHING_AND_TEXTILES": "Clothing and Textiles",
    },
    "BUSINESS": {
        "ECONOMICS": "Economics",
        "COMMERCE": "Commerce",
        "ACCOUNTING": "Financial Accounting",
        "BUSINESS_STUDIES": "Business Studies",
        "BUSINESS_MANAGEMENT": "Business Management",
        "ENTREPRENEURSHIP": "Entrepreneurship",
        "MARKETING": "Marketing",
        "OFFICE_PRACTICE": "Office Practice",
    },
    "RELIGION": {
        "RELIGIOUS_STUDIES": "Religious Studies",
        "CHRISTIAN_RELIGIOUS_STUDIES": "Christian Religious Studies",
        "CHRISTIAN_RELIGIOUS_EDUCATION": "Christian Religious Education",
        "ISLAMIC_STUDIES": "Islamic Religious Studies",
        "ISLAMIC_RELIGIOUS_EDUCATION": "Islamic Religious Education",
        "HINDU_RELIGIOUS_EDUCATION": "Hindu Religious Education",
        "RELIGIOUS_AND_MORAL_EDUCATION": "Religious and Moral Education",
    },
    "PHYSICAL": {
        "PHYSICAL_EDUCATION": "Physical Education",
        "PHYSICAL_AND_HEALTH_EDUCATION": "Physical and Health Education",
        "HEALTH_EDUCATION": "Health Education",
    },
    "GENERAL": {
        "GENERAL_STUDIES": "General Studies",
        "GENERAL_PAPER": "General Paper",
        "LIFE_SKILLS": "Life Skills",
        "VERBAL_REASONING": "Verbal Reasoning",
        "QUANTITATIVE_REASONING": "Quantitative Reasoning",
        "HANDWRITING": "Handwriting",
    },
}
"""Per category, the code and name of each subject."""


def subject_categories() -> pl.DataFrame:
    """The rows of SubjectCategory: id, code, name."""
    rows = pl.DataFrame(list(SUBJECT_CATEGORIES.items()), schema=["code", "name"], orient="row")
    return rows.select(v2_id("SubjectCategory", pl.col("code")).alias("id"), "code", "name")


def subjects() -> pl.DataFrame:
    """The catalogue's rows of Subject: id, categoryId, schoolId (null: they belong to no school), code, name."""
    rows = [(category, code, name) for category, catalogue in SUBJECTS.items() for code, name in catalogue.items()]
    return pl.DataFrame(rows, schema=["category", "code", "name"], orient="row").select(
        v2_id("Subject", pl.lit("catalogue"), pl.col("code")).alias("id"),
        v2_id("SubjectCategory", pl.col("category")).alias("categoryId"),
        pl.lit(None, dtype=pl.String).alias("schoolId"),
        "code",
        "name",
    )
