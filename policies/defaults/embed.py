"""embed.py OUT FILE...: writes each file as {"name", R"(text)"}, for defaults.cpp to include."""

import sys
from pathlib import Path


def main(out, *files):
    rows = [f'{{"{Path(file).stem}", R"policy({Path(file).read_text()})policy"}},\n'
            for file in files]
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    Path(out).write_text("".join(rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
