"""How fast the tool starts, and how big it is: ``python bench/start.py [RUNS]``.

Installs the core lock and this tree into a temporary environment, as a user would, and prints one
table: the median of RUNS warm runs beside its budget, and the size of what was installed.
"""

import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUDGETS_MS = {"--version": 50, "--help": 150}
BUDGET_MB = 130


def main(runs: int) -> int:
    """Prints the table. Returns 1 where a budget is missed."""
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder, "venv")
        install(environment)
        rows = list(measure(environment, runs))
    print(f"{'what':<22}{'found':>9}{'budget':>9}")
    for what, found, budget, unit in rows:
        late = "" if found <= budget else "  over budget"
        print(f"{what:<22}{found:>6.0f} {unit}{budget:>6} {unit}{late}")
    return int(any(found > budget for _, found, budget, _ in rows))


def measure(environment: Path, runs: int) -> Iterator[tuple[str, float, int, str]]:
    """What was measured, the figure, its budget and the unit of both."""
    for option, budget in BUDGETS_MS.items():
        yield f"ringwall {option}", median_ms(environment, option, runs), budget, "ms"
    yield "core install", size_mb(environment), BUDGET_MB, "MB"


def install(environment: Path) -> None:
    """The core lock and this tree, as an ordinary installation."""
    venv.create(environment, with_pip=True)
    pip = [str(environment / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    lock = str(ROOT / "requirements" / "core.lock")
    subprocess.run([*pip, "--require-hashes", "-r", lock], check=True)
    subprocess.run([*pip, "--no-deps", str(ROOT)], check=True)


def median_ms(environment: Path, option: str, runs: int) -> float:
    """The median wall time of a command, after two runs that warm the caches."""
    command = [str(environment / "bin" / "ringwall"), option]
    times = []
    for _ in range(runs + 2):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return statistics.median(times[2:]) * 1000


def size_mb(environment: Path) -> float:
    """What the installation put on the disk, without the installers themselves."""
    packages = next((environment / "lib").glob("python*")) / "site-packages"
    tools = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "distutils-precedence")
    files = (
        file
        for entry in packages.iterdir()
        if not entry.name.startswith(tools)
        for file in ([entry] if entry.is_file() else entry.rglob("*"))
    )
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 30))
