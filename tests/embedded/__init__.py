"""Tests of the servers that the other tests stand on."""
