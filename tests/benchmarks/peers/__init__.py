"""What the migration is measured against; each gives the seconds that it took."""
