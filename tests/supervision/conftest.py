import pytest

from tests.supervision.otp.twins import Plan


@pytest.fixture
def plan():
    return Plan()
