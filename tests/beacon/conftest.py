import pytest

from tests.beacon.service import Service


@pytest.fixture
def service(tmp_path):
    with Service(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def shared_service(tmp_path_factory):
    with Service(tmp_path_factory.mktemp("beacon")) as running:
        yield running
