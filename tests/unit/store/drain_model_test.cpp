#include <gmock/gmock.h>

#include <map>
#include <random>

#include "tests/unit/store/sqlite_backend.hpp"

// Random commits, rewrites and restarts against a model in memory. The store drains at every
// opportunity in half of the runs, so that reads meet the journal, the blocks and both.
namespace conclave::store::testing {
namespace {

class DrainModel : public ::testing::TestWithParam<unsigned> {
 protected:
  static constexpr TenantId kTenant{3};
  static constexpr std::uint64_t kRooms = 4;

  void SetUp() override {
    random_.seed(GetParam());
    open();
  }

  void open() {
    store_.reset();
    auto opened = GetParam() % 2 == 0 ? backend_.open() : backend_.open_draining();
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = std::move(*opened);
  }

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  std::string text() {
    return std::string(below(12) == 0 ? 9'000 : below(80), static_cast<char>('a' + below(26)));
  }

  // One commit over several rooms, entries dealt out to interleaving authors.
  void say() {
    JournalCommit commit_write;
    for (std::uint64_t room = 1; room <= kRooms; ++room) {
      if (below(3) == 0) continue;
      auto& log = model_[room];
      std::map<std::uint64_t, std::vector<Said>> by_author;
      const std::uint64_t count = 1 + below(room == 1 ? 60 : 4);
      for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t seq = log.size() + 1;
        now_ms_ += static_cast<std::int64_t>(below(3));
        log[seq] = {seq, text(), now_ms_};
        by_author[1 + below(3)].push_back(log[seq]);
      }
      for (const auto& [author, said] : by_author) {
        commit_write.segments.push_back(make_segment(kTenant, {room}, {author}, said));
      }
      commit_write.heads.push_back({kTenant, {room}, log.size(), log.size(), log.size(), 0});
    }
    const auto outcome = commit_all(*store_, std::move(commit_write));
    ASSERT_TRUE(outcome) << outcome.error().text();
  }

  // Empties one entry, as a redaction does: its whole segment is written anew.
  void redact() {
    const std::uint64_t room = 1 + below(kRooms);
    auto& log = model_[room];
    if (log.empty()) return;
    const std::uint64_t seq = 1 + below(log.size());
    const auto slice = read_log(*store_, kTenant, {room}, seq, seq);
    ASSERT_TRUE(slice) << slice.error().text();
    log[seq].text.clear();
    for (const auto& segment : slice->segments) {
      const auto view = hsm::api::parse_segment(segment);
      ASSERT_TRUE(view);
      std::vector<Said> said;
      bool holds = false;
      for (const auto& entry : view->header.entries) {
        said.push_back(log.at(entry.seq));
        holds = holds || entry.seq == seq;
      }
      if (!holds) continue;
      const auto outcome = commit_all(
          *store_, RewriteSegments{kTenant,
                                   {room},
                                   seq,
                                   seq,
                                   {make_segment(kTenant, {room}, view->header.author, said)}});
      ASSERT_TRUE(outcome) << outcome.error().text();
    }
  }

  void check_range() {
    const std::uint64_t room = 1 + below(kRooms);
    const auto& log = model_[room];
    const std::uint64_t first = 1 + below(log.size() + 2);
    const std::uint64_t last = std::min(first + below(120), first + 499);
    const auto slice = read_log(*store_, kTenant, {room}, first, last);
    ASSERT_TRUE(slice) << slice.error().text();
    std::vector<std::pair<std::uint64_t, std::string>> expected;
    for (const auto& [seq, said] : log) {
      if (seq >= first && seq <= last) expected.emplace_back(seq, said.text);
    }
    ASSERT_EQ(entries_of(*slice, first, last), expected)
        << "room " << room << " " << first << ".." << last;
  }

  void check_time() {
    const std::uint64_t room = 1 + below(kRooms);
    const auto& log = model_[room];
    const std::int64_t ts_ms =
        kStart_ms - 2 +
        static_cast<std::int64_t>(below(static_cast<std::uint64_t>(now_ms_ - kStart_ms) + 5));
    std::optional<std::uint64_t> expected;
    for (const auto& [seq, said] : log) {
      if (said.ts_ms >= ts_ms && !expected) expected = seq;
    }
    const auto found = find_seq(*store_, kTenant, {room}, ts_ms);
    ASSERT_TRUE(found) << found.error().text();
    ASSERT_EQ(*found, expected) << "room " << room << " at " << ts_ms;
  }

  SqliteBackend backend_;
  std::unique_ptr<ContentStore> store_;
  std::mt19937_64 random_;
  std::int64_t now_ms_ = kStart_ms;
  std::map<std::uint64_t, std::map<std::uint64_t, Said>> model_;
};

TEST_P(DrainModel, ReadsAreTheSameBeforeAndAfterEveryDrain) {
  for (std::uint64_t room = 1; room <= kRooms; ++room) {
    ASSERT_TRUE(commit_all(*store_, PutRoom{room_row(kTenant, {room})}));
  }
  for (int step = 0; step < 250; ++step) {
    const auto choice = below(20);
    if (choice < 8) {
      ASSERT_NO_FATAL_FAILURE(say());
    } else if (choice < 10) {
      ASSERT_NO_FATAL_FAILURE(redact());
    } else if (choice < 15) {
      ASSERT_NO_FATAL_FAILURE(check_range());
    } else if (choice < 19 || step % 3 != 0) {
      ASSERT_NO_FATAL_FAILURE(check_time());
    } else {
      ASSERT_NO_FATAL_FAILURE(open());
    }
  }
  ASSERT_NO_FATAL_FAILURE(open());
  const auto snapshot = load(*store_);
  ASSERT_TRUE(snapshot);
  for (const auto& room : snapshot->rooms) EXPECT_EQ(room.head_seq, model_[room.room.value].size());
}

INSTANTIATE_TEST_SUITE_P(Seeds, DrainModel, ::testing::Range(1U, 9U));

}  // namespace
}  // namespace conclave::store::testing
