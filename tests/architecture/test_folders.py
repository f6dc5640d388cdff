import folders
from tree_case import TreeCase, real_tree


class TheTree(TreeCase):
    def test_has_only_known_things_at_the_root(self):
        self.assert_clean(folders.strangers_at_the_root(real_tree()))

    def test_has_a_readme_in_each_folder(self):
        self.assert_clean(folders.folders_without_readme(real_tree()))

    def test_builds_every_source(self):
        self.assert_clean(folders.unlisted_sources(real_tree()))


class Root(TreeCase):
    def test_strangers_are_caught(self):
        self.assert_caught(folders.strangers_at_the_root, {"notes.txt": "", "src/a.cpp": ""},
                           times=2)
        self.assert_passes(folders.strangers_at_the_root, {"README.md": "", ".gitignore": "",
                                                           "docs/a.md": "", ".ci/run": ""})


class Readmes(TreeCase):
    def test_a_folder_with_code_needs_one(self):
        self.assert_caught(folders.folders_without_readme, {"runtime/a/b.cpp": ""})
        self.assert_passes(folders.folders_without_readme,
                           {"runtime/a/b.cpp": "", "runtime/a/README.md": ""})

    def test_unit_tests_are_described_above(self):
        self.assert_passes(folders.folders_without_readme, {"tests/unit/a/b_test.cpp": ""})


class Sources(TreeCase):
    def test_a_source_that_nothing_builds_is_caught(self):
        self.assert_caught(folders.unlisted_sources,
                           {"runtime/a/CMakeLists.txt": "SOURCES b.cpp", "runtime/a/c.cpp": ""})

    def test_a_private_header_must_be_included_by_somebody(self):
        texts = {"runtime/a/CMakeLists.txt": "SOURCES b.cpp", "runtime/a/c.hpp": "",
                 "runtime/a/b.cpp": "int x;\n"}
        self.assert_caught(folders.unlisted_sources, texts)
        texts["runtime/a/b.cpp"] = '#include "runtime/a/c.hpp"\n'
        self.assert_passes(folders.unlisted_sources, texts)

    def test_a_listed_one_passes_also_from_above(self):
        self.assert_passes(folders.unlisted_sources,
                           {"runtime/a/CMakeLists.txt": "SOURCES b.cpp sub/c.cpp",
                            "runtime/a/b.cpp": "", "runtime/a/sub/c.cpp": ""})
