"""The image build file: no Docker here, but what it names must exist."""

import json
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = (ROOT / "deploy" / "Dockerfile").read_text()


def context() -> list[str]:
    """What the build may read: everything is ignored but these."""
    first, *kept = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().split()
    assert first == "*"
    return [name.removeprefix("!") for name in kept]


def test_the_build_reads_all_that_cargo_needs(tmp_path: Path) -> None:
    for name in context():
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    (package,) = re.findall(r"--package (\S+)", BUILD)
    (binary,) = re.findall(r"--bin (\S+)", BUILD)
    command = ["cargo", "metadata", "--locked", "--no-deps", "--format-version=1"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    packages = {found["name"]: found for found in json.loads(found.stdout)["packages"]}
    targets = {target["name"] for target in packages[package]["targets"] if "bin" in target["kind"]}
    assert binary in targets


def test_the_image_is_built_with_the_rust_of_the_workspace() -> None:
    (version,) = re.findall(r"^FROM rust:([\d.]+)-", BUILD, re.MULTILINE)
    (wanted,) = re.findall(r'^rust-version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    assert version == wanted


def test_the_image_runs_what_it_copies_as_nobody() -> None:
    (copied,) = re.findall(r"^COPY --from=build (\S+) \1$", BUILD, re.MULTILINE)
    assert f'ENTRYPOINT ["{copied}"]' in BUILD
    assert re.search(r"^USER 65532:65532$", BUILD, re.MULTILINE)
