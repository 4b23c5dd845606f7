"""The steps of notebooks/flights.ipynb, one module each."""
