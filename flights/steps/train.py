"""Train: cell 33 of notebooks/flights.ipynb."""

from pandera.typing import DataFrame
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from flights.definitions import CATEGORIES, FEATURES, NUMBERS
from flights.schemas.split import Training


def train(training: DataFrame[Training], *, strength: float = 1.0) -> Pipeline:
    """Fit a logistic regression, with its preprocessing as part of the model.

    Args:
        training: 244,737 × 20 when recorded.
        strength: of the fit; less means simpler (the C of the logistic regression).
    """
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    categories = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=100)
    prepare = ColumnTransformer(
        [("numbers", numbers, NUMBERS), ("categories", categories, CATEGORIES)]
    )

    model = make_pipeline(prepare, LogisticRegression(C=strength, max_iter=500))
    model.fit(training[FEATURES], training["late"])
    return model
