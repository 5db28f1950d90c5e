"""Real pools and the verdicts they must get: not part of the project, POOLPROOF_CORPUS names their folder."""

import os
from pathlib import Path
from typing import Final

import pytest

CORPUS: Final = Path(os.environ["POOLPROOF_CORPUS"]) if os.environ.get("POOLPROOF_CORPUS") else None

needs_corpus: Final = pytest.mark.skipif(
    CORPUS is None, reason="POOLPROOF_CORPUS names no folder of real pools"
)


def corpus_files(pattern: str) -> list[Path]:
    """The corpus' files that match; none without a corpus."""
    return sorted(CORPUS.glob(pattern)) if CORPUS else []
