import pytest

from amparo.kernel.paths import own_path


@pytest.mark.parametrize("path", ["/", "/cases/7/", "/help/?q=caja%203#fin"])
def test_a_path_of_our_own_leads_back(path):
    """SEC-60"""
    assert own_path(path) == path


@pytest.mark.parametrize(
    "text",
    ["", "cases/", "//malo.example/", "/\\malo.example", "https://malo.example/", "javascript:alert(1)", "/a\nb", "/\t/malo.example", " /", "/" + "a" * 400],
)
def test_what_leads_elsewhere_does_not(text):
    """SEC-60"""
    assert own_path(text) == ""
