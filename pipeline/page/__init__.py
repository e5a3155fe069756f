"""`report.html`: the document of `report.json` as one page to read, print and sign off; nothing is loaded, nothing leaves it."""
