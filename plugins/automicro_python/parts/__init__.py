"""Functions that written files hold as far as a model needs them: of Python 3.8 and MicroPython, without annotations there."""
