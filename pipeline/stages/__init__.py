"""The stages of a run: each turns files of the run's folder into files; the first reads V1, the last write V2."""
