import layers
from source_tree import SourceTree
from tree_case import TreeCase, real_tree

DECLARED = layers.Declaration("""
[folders]
"runtime/base" = []
"runtime/store" = ["runtime/base", "runtime/store/sqlite"]
"runtime/store/sqlite" = ["runtime/base"]
[system_headers]
"sqlite3.h" = ["runtime/store/sqlite"]
""")


class TheTree(TreeCase):
    def test_includes_only_along_declared_arrows(self):
        self.assert_clean(layers.undeclared_arrows(real_tree(), layers.Declaration.real()))

    def test_has_no_cycle(self):
        declared = layers.Declaration.real()
        self.assertEqual(layers.cycles(declared.arrows), [])
        self.assertEqual(layers.unknown_targets(declared), [])

    def test_keeps_system_headers_in_their_folders(self):
        self.assert_clean(layers.strayed_system_headers(real_tree(), layers.Declaration.real()))

    def test_is_not_empty(self):
        self.assertGreater(len(real_tree().production()), 50)


class Arrows(TreeCase):
    def check(self, path, text, times):
        self.assert_caught(layers.undeclared_arrows, {path: text}, DECLARED, times=times)

    def test_a_declared_arrow_passes(self):
        self.check("runtime/store/a.cpp", '#include "runtime/base/error.hpp"\n', 0)
        self.check("runtime/store/a.cpp", '#include "runtime/store/b.hpp"\n', 0)

    def test_an_arrow_upwards_is_caught(self):
        self.check("runtime/base/a.hpp", '#include "runtime/store/rows.hpp"\n', 1)

    def test_the_inner_folder_is_a_folder_of_its_own(self):
        self.check("runtime/store/sqlite/a.cpp", '#include "runtime/store/rows.hpp"\n', 1)

    def test_an_unknown_folder_is_caught(self):
        self.check("runtime/new/a.cpp", "int x;\n", 1)

    def test_an_include_beside_the_file_is_caught(self):
        self.check("runtime/base/a.cpp", '#include "error.hpp"\n', 1)

    def test_production_must_not_include_tests(self):
        self.check("runtime/base/a.cpp", '#include "tests/support/clock.hpp"\n', 1)

    def test_a_commented_include_does_not_count(self):
        self.check("runtime/base/a.cpp", '// #include "runtime/store/rows.hpp"\n', 0)
        self.check("runtime/base/a.cpp", '/*\n#include "runtime/store/rows.hpp"\n*/\n', 0)


class Cycles(TreeCase):
    def test_a_cycle_is_found_once(self):
        arrows = {"a": {"b"}, "b": {"c"}, "c": {"a"}}
        self.assertEqual(layers.cycles(arrows), [["a", "b", "c", "a"]])

    def test_a_diamond_is_no_cycle(self):
        self.assertEqual(layers.cycles({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": set()}), [])

    def test_an_arrow_to_nowhere_is_found(self):
        declared = layers.Declaration('[folders]\n"a" = ["b"]\n[system_headers]\n')
        self.assertEqual(layers.unknown_targets(declared), ["a -> b"])


class SystemHeaders(TreeCase):
    def test_a_strayed_header_is_caught_and_its_owner_may(self):
        text = "#include <sqlite3.h>\n"
        self.assert_caught(layers.strayed_system_headers, {"runtime/store/a.cpp": text}, DECLARED)
        self.assert_passes(layers.strayed_system_headers, {"runtime/store/sqlite/a.cpp": text},
                           DECLARED)

    def test_tests_are_free(self):
        tree = SourceTree.of({"tests/unit/store/a.cpp": "#include <sqlite3.h>\n"})
        self.assertEqual(layers.strayed_system_headers(tree, DECLARED), [])
