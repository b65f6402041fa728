"""The application store on both engines, and the people of the tests."""

import pytest

from tests.contract.accounts.conftest import *  # noqa: F403


@pytest.fixture
def alice(people):
    """The administrator of tenant 1."""
    return people["alice"]
