"""What operators do beside the run itself, one module or a few each: look, compare, explain, take back."""
