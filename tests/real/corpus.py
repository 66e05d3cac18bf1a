"""Where real input lies: what is recorded here, and a larger corpus where there is one."""

import os
from pathlib import Path

import pytest

RECORDED = Path(__file__).parents[1] / "recorded"
_CORPUS = os.environ.get("RINGWALL_CORPUS", "")
needs_corpus = pytest.mark.skipif(
    not _CORPUS, reason="RINGWALL_CORPUS does not name the folder of the corpus"
)


def corpus(*parts: str) -> Path:
    """A folder or file of the corpus."""
    return Path(_CORPUS, *parts)
