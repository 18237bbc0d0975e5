"""Decisions of contracts: pure. Terms of a contract, codes of cards, standing."""
