"""Makers, honest fakes and rigs that the tests share."""
