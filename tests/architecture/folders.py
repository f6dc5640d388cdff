"""What each folder has: a README, sources that are listed, nothing strange at the root."""

from pathlib import PurePosixPath

from layers import includes
from source_tree import Finding

ROOT_FILES = {"CMakeLists.txt", "CMakePresets.json", "README.md", "CHANGELOG.md", "LICENSE"}
ROOT_FOLDERS = {"hsm", "policies", "runtime", "plugins", "sdk", "tests", "packaging", "docs", ".ci"}
# Many folders of one kind, described once by the README of the folder above them.
DESCRIBED_ABOVE = ("tests/unit/", "tests/fuzz/corpus", "tests/support/", "docs/")


def strangers_at_the_root(tree):
    findings = []
    for file in tree.files:
        first, *rest = file.path.split("/")
        if rest and first not in ROOT_FOLDERS:
            findings.append(Finding(file.path, 1, f"folder {first} does not belong at the root"))
        if not rest and first not in ROOT_FILES and not first.startswith("."):
            findings.append(Finding(file.path, 1, "does not belong at the root"))
    return findings


def _holds_code(file):
    name = PurePosixPath(file.path).name
    return file.is_cpp or file.is_script or name == "CMakeLists.txt"


def folders_without_readme(tree):
    paths = {file.path for file in tree.files}
    folders = {file.folder for file in tree.files if _holds_code(file) and file.folder != "."}
    return [Finding(folder, 1, "has no README.md") for folder in sorted(folders)
            if f"{folder}/README.md" not in paths
            and not (folder + "/").startswith(DESCRIBED_ABOVE) and not folder.startswith(".")]


def unlisted_sources(tree):
    """Each C++ file must be named by the CMakeLists.txt of its folder or of one above it; a private
    header may instead be included by a source."""
    lists = {file.folder: file.text for file in tree.files if file.path.endswith("CMakeLists.txt")}
    included = {name for file in tree.cpp() for _, _, name in includes(file)}
    findings = []
    for file in tree.cpp():
        path = PurePosixPath(file.path)
        nearest = next((folder for folder in path.parents if str(folder) in lists), None)
        if nearest is None or str(path.relative_to(nearest)) not in lists[str(nearest)]:
            if not _reached(file, included):
                findings.append(Finding(file.path, 1, "no CMakeLists.txt builds this file"))
    return findings


def _reached(file, included):
    return file.is_header and file.path in included
