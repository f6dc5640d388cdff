"""Who includes whom: only declared arrows, no cycles, system headers where they belong."""

import re
import tomllib
from pathlib import Path

from source_tree import Finding

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)
_TOP_FOLDERS = {"hsm", "policies", "runtime", "plugins", "sdk", "tests"}


class Declaration:
    """layers.toml, parsed."""

    def __init__(self, text):
        parsed = tomllib.loads(text)
        self.arrows = {name: set(targets) for name, targets in parsed["folders"].items()}
        self.owned = {header: set(owners) for header, owners in parsed["system_headers"].items()}

    @staticmethod
    def real():
        return Declaration((Path(__file__).parent / "layers.toml").read_text())

    def folder_of(self, path):
        """The longest declared folder that holds `path`, or None."""
        fitting = [name for name in self.arrows if path.startswith(name + "/")]
        return max(fitting, key=len, default=None)


def includes(file):
    """(line, is_own, name) of each #include; commented ones do not count."""
    for match in _INCLUDE.finditer(file.text):
        if "#" not in file.code[match.start():match.end()]:
            continue
        yield file.line_at(match.start(2)), match.group(1) == '"', match.group(2)


def undeclared_arrows(tree, declared):
    findings = []
    for file in tree.production():
        source = declared.folder_of(file.path)
        if source is None:
            findings.append(Finding(file.path, 1, "its folder is not in layers.toml"))
            continue
        for line, is_own, name in includes(file):
            target = declared.folder_of(name)
            if name.startswith("tests/"):
                findings.append(Finding(file.path, line, f"production code includes {name}"))
            elif target is None:
                if is_own and name.split("/")[0] not in _TOP_FOLDERS:
                    findings.append(
                        Finding(file.path, line, f'"{name}" is not written from the root'))
                elif is_own:
                    findings.append(Finding(file.path, line, f"{name} lies in no declared folder"))
            elif target != source and target not in declared.arrows[source]:
                findings.append(
                    Finding(file.path, line, f"undeclared arrow {source} -> {target} ({name})"))
    return findings


def cycles(arrows):
    """Each cycle once, as a list of folders; depth first over the declared arrows."""
    found, done = [], set()

    def visit(node, trail):
        if node in trail:
            found.append(trail[trail.index(node):] + [node])
            return
        if node in done:
            return
        for target in sorted(arrows.get(node, ())):
            visit(target, trail + [node])
        done.add(node)

    for start in sorted(arrows):
        visit(start, [])
    return found


def unknown_targets(declared):
    return [f"{source} -> {target}" for source, targets in declared.arrows.items()
            for target in targets if target not in declared.arrows]


def strayed_system_headers(tree, declared):
    findings = []
    for file in tree.production():
        for line, _, name in includes(file):
            for prefix, owners in declared.owned.items():
                if name.startswith(prefix) and declared.folder_of(file.path) not in owners:
                    belongs = ", ".join(sorted(owners)) or "no folder"
                    findings.append(Finding(file.path, line, f"{name} belongs to {belongs}"))
    return findings
