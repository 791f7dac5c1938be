"""The rules of the house, one module per concern. scripts/check runs them."""
