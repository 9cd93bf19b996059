"""Trains a model on scikit-learn's bundled diabetes data: ten measurements of a person, the progression a year later.

    python train.py                                 # a ridge regression, into outputs/model.pkl
    python train.py --kind forest --output forest/model.pkl
"""

import argparse
from pathlib import Path

import joblib
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

KINDS = ("ridge", "forest")


def train(kind="ridge", alpha=0.05):
    """A fitted model and its R² on the fifth of the data that it has not seen."""
    data, target = load_diabetes(return_X_y=True)
    seen, unseen, seen_target, unseen_target = train_test_split(data, target, test_size=0.2, random_state=42)
    if kind == "ridge":
        model = Ridge(alpha=alpha)
    else:
        model = RandomForestRegressor(n_estimators=50, min_samples_leaf=5, random_state=0)
    model.fit(seen, seen_target)
    return model, model.score(unseen, unseen_target)


def save(model, path):
    """Write the model to a file, with the folder for it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, path)
    return path


def main():
    parser = argparse.ArgumentParser(description="Train a model on the diabetes data.")
    parser.add_argument("--kind", choices=KINDS, default="ridge")
    parser.add_argument("--alpha", type=float, default=0.05, help="regularisation of the ridge regression")
    parser.add_argument("--output", default="outputs/model.pkl")
    words = parser.parse_args()
    model, score = train(words.kind, words.alpha)
    print(f"{words.kind}: R² {score:.3f} on unseen data, saved to {save(model, words.output)}")


if __name__ == "__main__":
    main()
