"""The databases: how they are reached, read at one instant, and written in bulk."""
