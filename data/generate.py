"""Write the synthetic sample: `python data/generate.py --out data/sample --seed 2026`."""

import argparse
from datetime import date
from pathlib import Path

from generator.model import Plan
from generator.sample import generate


def main() -> None:
    """Read the options and generate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--seed", type=int, default=2026, help="same seed, same bytes")
    parser.add_argument("--first", type=date.fromisoformat, default=date(2026, 11, 1), help="first local day")
    parser.add_argument("--days", type=int, default=10, help="number of local days")
    parser.add_argument("--scale", type=float, default=1.0, help="times the usual traffic")
    options = parser.parse_args()
    generate(Plan(options.seed, options.first, options.days, options.scale), options.out)


if __name__ == "__main__":
    main()
