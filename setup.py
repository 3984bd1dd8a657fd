"""How a wheel is made: all that the program is goes inside the package `c360`.

In a clone the packages lie side by side. Installed so, `transforms` or `warehouse` would stand on top of everybody's
site-packages; inside `c360/app` they meet nobody (docs/adr/project/0057-one-wheel.md). What the program reads beside
its code keeps its place beside it.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PACKAGES = ("transforms", "expectations", "warehouse", "serving")
FILES = (
    "contracts/features.yaml",
    "contracts/service_rules.yaml",
    "contracts/published",
    "contracts/schemas",
    "docs/questions",
)


class BuildWheel(build_py):
    """Build as usual, then move the program into `c360/app`; the examples are the clone's."""

    def run(self) -> None:
        """Build; an editable install leaves everything where it is."""
        super().run()
        if self.editable_mode:
            return
        built = Path(self.build_lib)
        app = built / "c360" / "app"
        shutil.rmtree(app, ignore_errors=True)
        app.mkdir(parents=True)
        for name in PACKAGES:
            shutil.move(built / name, app / name)
        for path in built.iterdir():
            if path.name != "c360":
                shutil.rmtree(path)
        for name in FILES:
            (app / name).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if Path(name).is_dir() else shutil.copyfile
            copy(name, app / name)


setup(cmdclass={"build_py": BuildWheel})
