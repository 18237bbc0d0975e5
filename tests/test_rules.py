"""The register of rules is fresh and whole."""

from amparo.project import register

from .source import ROOT


def test_every_rule_has_code_and_a_test():
    assert register.problems() == []


def test_the_page_of_rules_is_fresh():
    assert (ROOT / "docs/rules.md").read_text(encoding="utf-8") == register.page(), "run `amparo rules --write`"
