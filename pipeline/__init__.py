"""The run: the story, its stages, the databases, the commands. The only place with I/O."""
