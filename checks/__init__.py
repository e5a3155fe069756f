"""What must be true of V1's rows, of V2's rows, between tables, and of the books. Checks find; they never stop anything."""
