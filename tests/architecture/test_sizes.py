import sizes
from source_tree import blank_comments_and_literals
from tree_case import TreeCase, real_tree


class TheTree(TreeCase):
    def test_has_no_long_line(self):
        self.assert_clean(sizes.long_lines(real_tree()))

    def test_has_no_long_file(self):
        self.assert_clean(sizes.long_files(real_tree()))

    def test_has_no_long_function(self):
        self.assert_clean(sizes.long_functions(real_tree()))


class Files(TreeCase):
    def test_lengths_differ_by_kind(self):
        self.assert_caught(sizes.long_files, {"runtime/a/b.cpp": "\n" * 501})
        self.assert_passes(sizes.long_files, {"runtime/a/b.cpp": "\n" * 500})
        self.assert_caught(sizes.long_files, {"runtime/a/b.hpp": "\n" * 201})
        self.assert_caught(sizes.long_files, {"runtime/a/README.md": "\n" * 61})
        self.assert_passes(sizes.long_files, {"README.md": "\n" * 61})

    def test_a_line_of_101_columns_is_caught(self):
        self.assert_caught(sizes.long_lines, {"a.cpp": "x" * 101 + "\n"})
        self.assert_passes(sizes.long_lines, {"a.cpp": "x" * 100 + "\n", "b.md": "x" * 200})


def body(lines):
    return "".join(f"  step({i});\n" for i in range(lines))


class Functions(TreeCase):
    def spans(self, text):
        return sizes.cpp_functions(blank_comments_and_literals(text))

    def test_a_long_function_is_caught_at_its_first_line(self):
        text = "namespace a {\n\nvoid f(int x) {\n" + body(69) + "}\n}\n"
        self.assertEqual(self.spans(text), [(3, 73)])
        self.assert_caught(sizes.long_functions, {"a.cpp": text})
        self.assert_passes(sizes.long_functions, {"a.cpp": "void f(int x) {\n" + body(68) + "}\n"})

    def test_methods_in_a_class_are_functions_and_the_class_is_none(self):
        text = "class A final : public B {\n public:\n  int f() const { return 1; }\n" \
               "  int g() const;\n};\n"
        self.assertEqual(self.spans(text), [(3, 3)])

    def test_an_initialiser_list_belongs_to_its_constructor(self):
        text = "A::A(int x)\n    : a_{x}, b_{1, 2},\n      c_(3) {\n  run();\n}\n" \
               "int g() { return 1; }\n"
        self.assertEqual(self.spans(text), [(1, 5), (6, 6)])

    def test_a_lambda_is_part_of_its_function(self):
        text = "void f() {\n  auto g = [](int) {\n    return 1;\n  };\n}\n"
        self.assertEqual(self.spans(text), [(1, 5)])

    def test_braces_in_text_and_comments_do_not_count(self):
        text = 'void f() {\n  say("{{{", \'{\', 1\'000);  // {\n  raw(R"x({)x");\n}\nvoid g() {}\n'
        self.assertEqual(self.spans(text), [(1, 4), (5, 5)])

    def test_a_template_and_a_return_type_at_the_end_are_seen(self):
        text = "template <class T>\nauto f(T x) -> int {\n  return 1;\n}\n"
        self.assertEqual(self.spans(text), [(1, 4)])

    def test_a_table_is_no_function(self):
        self.assertEqual(self.spans("constexpr Row kRows[] = {\n  {1, 2},\n  {3, 4},\n};\n"), [])

    def test_a_long_python_function_is_caught(self):
        text = "def f():\n" + "    x = 1\n" * 70
        self.assert_caught(sizes.long_functions, {"a.py": text})
