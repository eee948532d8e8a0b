"""What the tests of models in and out share."""

import pytest


@pytest.fixture(scope="session")
def onnxruntime():
    return pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
