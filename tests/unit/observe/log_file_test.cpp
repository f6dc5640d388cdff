#include "runtime/observe/log_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace conclave::observe {
namespace {

// Standard error goes to a file for the time of a test.
class LogFileTest : public testing::Test {
 protected:
  LogFileTest() {
    const int file = mkstemp(path_);
    saved_ = dup(STDERR_FILENO);
    dup2(file, STDERR_FILENO);
    close(file);
  }
  ~LogFileTest() override {
    restore();
    unlink(path_);
  }
  void restore() {
    if (saved_ < 0) return;
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    saved_ = -1;
  }
  static void write_line(const std::string& text) {
    const std::string line = text + "\n";
    ASSERT_EQ(write(STDERR_FILENO, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  }
  char path_[32] = "/tmp/conclave-log-XXXXXX";
  int saved_ = -1;
};

TEST_F(LogFileTest, shows_the_newest_lines_oldest_first) {
  const auto log = LogFile::of_standard_error();
  ASSERT_TRUE(log);
  for (int i = 0; i < 5; ++i) write_line("line " + std::to_string(i));
  EXPECT_EQ(log->read({.level = "", .event = "", .lines = 2}),
            (std::vector<std::string>{"line 3", "line 4"}));
}

TEST_F(LogFileTest, filters_by_level_and_by_the_beginning_of_the_event) {
  const auto log = LogFile::of_standard_error();
  ASSERT_TRUE(log);
  const std::string info = R"({"level":"info","event":"session.opened"})";
  const std::string error = R"({"level":"error","event":"store.failed"})";
  write_line(info);
  write_line("terminate called");
  write_line(error);
  EXPECT_EQ(log->read({.level = "", .event = "session."}), std::vector<std::string>{info});
  // A crash's last words have no level and are never left out by one.
  EXPECT_EQ(log->read({.level = "warning", .event = ""}),
            (std::vector<std::string>{"terminate called", error}));
}

TEST_F(LogFileTest, begins_with_a_whole_line_when_the_file_is_longer_than_it_reads) {
  const auto log = LogFile::of_standard_error();
  ASSERT_TRUE(log);
  const std::string line(1000, 'x');
  const std::size_t count = LogFile::kReadBytes / line.size() + 100;
  for (std::size_t i = 0; i < count; ++i) write_line(line);
  const auto lines = log->read({.level = "", .event = "", .lines = count});
  ASSERT_TRUE(lines);
  EXPECT_LT(lines->size(), count);
  EXPECT_EQ(lines->front(), line);
}

TEST_F(LogFileTest, notices_that_somebody_else_opens_the_file) {
  const auto log = LogFile::of_standard_error();
  ASSERT_TRUE(log);
  write_line("a line");
  ASSERT_TRUE(log->read({}));
  EXPECT_FALSE(log->take_opened()) << "its own reading and writing do not count";
  const std::ifstream other(path_);
  EXPECT_TRUE(log->take_opened());
  EXPECT_FALSE(log->take_opened());
}

TEST_F(LogFileTest, there_is_none_when_standard_error_is_a_pipe) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  dup2(ends[1], STDERR_FILENO);
  const bool found = LogFile::of_standard_error().has_value();
  restore();
  close(ends[0]);
  close(ends[1]);
  EXPECT_FALSE(found);
}

}  // namespace
}  // namespace conclave::observe
