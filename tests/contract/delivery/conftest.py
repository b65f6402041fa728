"""The application store on both engines, its people, and receivers that are really there."""

import pytest

from tests.contract.accounts.conftest import *  # noqa: F403
from tests.unit.delivery.conftest import receiver, sink  # noqa: F401


@pytest.fixture
def alice(people):
    """The administrator of tenant 1."""
    return people["alice"]
