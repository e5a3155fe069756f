"""Pure functions from V1 to V2, over Polars expressions and LazyFrames: no I/O, no clock, no settings."""
