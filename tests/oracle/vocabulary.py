"""Word lists as the mapping prints them: words between blanks."""


def words(text: str) -> list[str]:
    """The words of a list."""
    return text.split()
