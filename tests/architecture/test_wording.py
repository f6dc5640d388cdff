import wording
from tree_case import TreeCase, real_tree


class TheTree(TreeCase):
    def test_has_no_forbidden_word(self):
        self.assert_clean(wording.forbidden_words(real_tree()))

    def test_has_no_idle_test(self):
        self.assert_clean(wording.idle_tests(real_tree()))

    def test_has_no_forbidden_construct(self):
        self.assert_clean(wording.forbidden_constructs(real_tree()))

    def test_has_no_name_that_says_nothing(self):
        self.assert_clean(wording.forbidden_names(real_tree()))


class Words(TreeCase):
    def test_unfinished_work_is_caught(self):
        for word in ("TO" + "DO: later", "FIX" + "ME", "enough for " + "now", "place" + "holder"):
            self.assert_caught(wording.forbidden_words, {"a.cpp": f"// {word}\n"})

    def test_registries_and_machine_paths_are_caught(self):
        for text in ("https://registry.npm" + "js.org/x", "https://py" + "pi.org",
                     "/wo" + "rk/main", "/ro" + "ot/x"):
            self.assert_caught(wording.forbidden_words, {"a.md": text})

    def test_ordinary_paths_pass(self):
        text = "/usr/lib/x /api/v1/session ~/work/tree $HOME/x network/root.pem"
        self.assert_passes(wording.forbidden_words, {"a.md": text})


class IdleTests(TreeCase):
    def test_disabled_and_skipped_tests_are_caught(self):
        self.assert_caught(wording.idle_tests, {"a.cpp": "TEST(A, DISAB" + "LED_B) {}\n"})
        self.assert_caught(wording.idle_tests, {"a.cpp": "  GTEST_SK" + "IP();\n"})
        self.assert_caught(wording.idle_tests, {"a.py": "@pytest.mark.sk" + "ip\n"})
        self.assert_caught(wording.idle_tests, {"a.cpp": "#if" + " 0\n"})

    def test_a_test_that_cannot_fail_is_caught(self):
        self.assert_caught(wording.idle_tests, {"a.cpp": "EXPECT_TRUE" + "(true);\n"})


class Constructs(TreeCase):
    def caught(self, text, path="runtime/a/b.cpp"):
        self.assert_caught(wording.forbidden_constructs, {path: text})

    def passes(self, text, path="runtime/a/b.cpp"):
        self.assert_passes(wording.forbidden_constructs, {path: text})

    def test_a_swallowed_exception_is_caught(self):
        self.caught("try { f(); } catch (...) {\n  // never mind\n}\n")
        self.passes("try { f(); } catch (...) { std::abort(); }\n")

    def test_coroutines_take_values_and_capture_nothing(self):
        self.caught("Task<int> read(const std::string& name);\n")
        self.caught("Task<int> read(int x, std::string_view name);\n")
        self.passes("Task<int> read(std::string name, KeyService& keys);\n")
        self.caught("auto f = [this](int x) -> async::Task<void> { co_return; };\n")
        self.passes("auto f = [](int x) -> async::Task<void> { co_return; };\n")

    def test_spawning_is_for_the_task_group(self):
        self.caught("boost::asio::co_spawn(executor, f(), g);\n")
        self.passes("boost::asio::co_spawn(executor, f(), g);\n", "runtime/async/task_group.cpp")

    def test_headers_have_a_guard_and_open_no_namespace(self):
        self.caught("int x;\n", "runtime/a/b.hpp")
        self.caught("#pragma once\nusing namespace std;\n", "runtime/a/b.hpp")
        self.passes("// What it is.\n#pragma once\nint x;\n", "runtime/a/b.hpp")


class Names(TreeCase):
    def test_names_that_say_nothing_are_caught(self):
        for path in ("runtime/util/a.cpp", "runtime/a/string_utils.cpp", "tests/common/a.py",
                     "sdk/client/helpers.hpp", "runtime/a/session_manager.cpp"):
            self.assert_caught(wording.forbidden_names, {path: ""})

    def test_longer_words_pass(self):
        self.assert_passes(wording.forbidden_names, {"runtime/utility_bill/uncommon.cpp": ""})
