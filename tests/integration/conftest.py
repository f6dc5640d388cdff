import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support" / "python"))

from conclave_test.fixtures import *  # noqa: E402,F401,F403
