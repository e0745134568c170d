"""Files that earlier versions wrote, which every later version must open. README.md says what they are."""

from pathlib import Path

FROZEN = Path(__file__).parent
