"""The conversion of a piece of V1 into rows of V2, one function for each kind of V1 rows; `pipeline.steps` lists them."""
