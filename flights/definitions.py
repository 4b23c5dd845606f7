"""What several steps of notebooks/flights.ipynb use.

Here are WEATHER, NUMBERS, CATEGORIES and FEATURES.
"""

# The dew point is left out: temperature and humidity make it.
WEATHER = ["temp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib"]
NUMBERS = ["distance", "departures", "seats", "age", "lat", "lon", *WEATHER]
CATEGORIES = ["carrier", "origin", "dest", "hour", "weekday"]
FEATURES = NUMBERS + CATEGORIES
