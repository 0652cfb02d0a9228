"""Predicts one penguin with the module that make.py has written, on Python 3.8 or MicroPython: python predict.py FOLDER."""

import sys

sys.path.insert(0, sys.argv[1])
import penguins

penguin = {
    "island": "Torgersen",
    "bill_length_mm": 39.1,
    "bill_depth_mm": 18.7,
    "flipper_length_mm": 181,
    "body_mass_g": 3750,
    "sex": "male",
}
row = {name: penguin.get(name) for name in penguins.INPUTS}
print(penguins.predict(**row))
for place in range(len(penguins.LABELS)):
    print(penguins.LABELS[place], "%.3f" % penguins.predict_proba(**row)[place])  # noqa: UP031 - MicroPython has no f-strings everywhere
