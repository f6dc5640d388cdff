#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/store/errors.hpp"
#include "tests/unit/store/store_access.hpp"

// What every ContentStore has to do. A backend is a type with
//   Result<std::unique_ptr<ContentStore>> open();   // again after close(): the same data
// and is instantiated with INSTANTIATE_TYPED_TEST_SUITE_P(Name, StoreConformance, Backend).
namespace conclave::store::testing {

using Entry = std::pair<std::uint64_t, std::string>;  // seq, text

template <class Backend>
class StoreConformance : public ::testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    auto opened = backend_.open();
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = std::move(*opened);
  }
  void reopen() {
    store_->close();
    store_.reset();
    open();
  }

  const TenantId tenant_{11};
  const TenantId other_tenant_{12};
  const RoomId room_{21};
  const UserId user_{31};
  const DeviceId device_{41};
  Backend backend_;
  std::unique_ptr<ContentStore> store_;
};

TYPED_TEST_SUITE_P(StoreConformance);

TYPED_TEST_P(StoreConformance, NewStoreIsEmptyAndWritable) {
  const auto snapshot = load(*this->store_);
  ASSERT_TRUE(snapshot) << snapshot.error().text();
  EXPECT_GE(snapshot->epoch, 1U);
  EXPECT_TRUE(snapshot->rooms.empty());
  EXPECT_TRUE(snapshot->records.empty());
  EXPECT_EQ(snapshot->last_audit_number, 0U);
  EXPECT_TRUE(this->store_->status().writable);
}

TYPED_TEST_P(StoreConformance, RowsComeBackAfterReopening) {
  const auto t = this->tenant_;
  Record record{RecordKind::device, t, 7, 8, 3, base::to_bytes("content"), base::to_bytes("mac")};
  MemberRow member{t, this->room_, this->user_, 2, 1, 4, base::to_bytes("mm"), 9, 1000, 5, 4, 6};
  ContentKeyRow key{t, this->room_, this->user_, 1, Bytes(16, 3), base::to_bytes("blob")};
  ASSERT_TRUE(commit_all(*this->store_, PutRecord{record}, PutRoom{room_row(t, this->room_)},
                         PutMember{member}, PutContentKey{key}));
  this->reopen();
  const auto snapshot = load(*this->store_);
  ASSERT_TRUE(snapshot);
  ASSERT_EQ(snapshot->records.size(), 1U);
  EXPECT_EQ(snapshot->records[0].kind, RecordKind::device);
  EXPECT_EQ(snapshot->records[0].sub, 8U);
  EXPECT_EQ(snapshot->records[0].version, 3U);
  EXPECT_EQ(snapshot->records[0].content, record.content);
  ASSERT_EQ(snapshot->rooms.size(), 1U);
  EXPECT_EQ(snapshot->rooms[0].profile_sealed, base::to_bytes("profile"));
  ASSERT_EQ(snapshot->members.size(), 1U);
  EXPECT_EQ(snapshot->members[0].changed_ms, 1000);
  EXPECT_EQ(snapshot->members[0].delivered_seq, 6U);
  ASSERT_EQ(snapshot->content_keys.size(), 1U);
  EXPECT_EQ(snapshot->content_keys[0].blob, key.blob);
  ASSERT_EQ(snapshot->last_pos.size(), 1U);
  EXPECT_EQ(snapshot->last_pos[0].second, 9U);
}

TYPED_TEST_P(StoreConformance, LogIsReadBackInOrder) {
  const auto t = this->tenant_;
  ASSERT_TRUE(commit_all(*this->store_, PutRoom{room_row(t, this->room_)},
                         one_room_commit(t, this->room_, 1, {"a", "b", "c"})));
  ASSERT_TRUE(commit_all(*this->store_, one_room_commit(t, this->room_, 4, {"d", "e"})));
  const auto slice = read_log(*this->store_, t, this->room_, 2, 4);
  ASSERT_TRUE(slice) << slice.error().text();
  EXPECT_THAT(entries_of(*slice, 2, 4),
              ::testing::ElementsAre(Entry(2, "b"), Entry(3, "c"), Entry(4, "d")));
}

TYPED_TEST_P(StoreConformance, InterleavedAuthorsCoverTheRangeTogether) {
  const auto t = this->tenant_;
  JournalCommit both;
  both.segments.push_back(make_segment(t, this->room_, {1}, {{1, "a1"}, {3, "a3"}, {5, "a5"}}));
  both.segments.push_back(make_segment(t, this->room_, {2}, {{2, "b2"}, {4, "b4"}}));
  both.heads.push_back({t, this->room_, 5, 5, 5, 0});
  ASSERT_TRUE(commit_all(*this->store_, PutRoom{room_row(t, this->room_)}, std::move(both)));
  for (int round = 0; round < 2; ++round) {  // from the journal, then from blocks
    const auto slice = read_log(*this->store_, t, this->room_, 2, 4);
    ASSERT_TRUE(slice);
    EXPECT_THAT(entries_of(*slice, 2, 4),
                ::testing::ElementsAre(Entry(2, "b2"), Entry(3, "a3"), Entry(4, "b4")));
    this->reopen();
  }
}

TYPED_TEST_P(StoreConformance, HeadsAndRingsSurviveInJournalAndAfterDrain) {
  const auto t = this->tenant_;
  ASSERT_TRUE(commit_all(*this->store_, PutRoom{room_row(t, this->room_)}));
  for (std::uint64_t seq = 1; seq <= 70; ++seq) {
    auto one = one_room_commit(t, this->room_, seq, {"m"});
    one.ring.push_back({t, this->device_, 100 + seq, this->room_, seq});
    ASSERT_TRUE(commit_all(*this->store_, std::move(one)));
  }
  for (int round = 0; round < 2; ++round) {
    const auto snapshot = load(*this->store_);
    ASSERT_TRUE(snapshot);
    ASSERT_EQ(snapshot->rooms.size(), 1U);
    EXPECT_EQ(snapshot->rooms[0].head_seq, 70U);
    EXPECT_EQ(snapshot->rooms[0].head_pos, 70U);
    ASSERT_EQ(snapshot->rings.size(), 1U);
    ASSERT_EQ(snapshot->rings[0].entries.size(), 64U);
    EXPECT_EQ(snapshot->rings[0].entries.front().client_id, 107U);
    EXPECT_EQ(snapshot->rings[0].entries.back().seq, 70U);
    this->reopen();
  }
}

TYPED_TEST_P(StoreConformance, PutRoomKeepsTheHeadsOfAKnownRoom) {
  const auto t = this->tenant_;
  ASSERT_TRUE(commit_all(*this->store_, PutRoom{room_row(t, this->room_)},
                         one_room_commit(t, this->room_, 1, {"a", "b"})));
  this->reopen();
  auto changed = room_row(t, this->room_);
  changed.version = 2;
  ASSERT_TRUE(commit_all(*this->store_, PutRoom{changed}));
  const auto snapshot = load(*this->store_);
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->rooms[0].version, 2U);
  EXPECT_EQ(snapshot->rooms[0].head_seq, 2U);
}

TYPED_TEST_P(StoreConformance, GapsRepeatsAndFalseHeadsAreRejected) {
  const auto t = this->tenant_;
  ASSERT_TRUE(commit_all(*this->store_, one_room_commit(t, this->room_, 1, {"a", "b"})));
  for (int round = 0; round < 2; ++round) {
    const auto gap = commit_all(*this->store_, one_room_commit(t, this->room_, 4, {"d"}));
    ASSERT_FALSE(gap);
    EXPECT_TRUE(gap.error().is(kCommitRejected));
    EXPECT_FALSE(commit_all(*this->store_, one_room_commit(t, this->room_, 2, {"again"})));
    this->reopen();
  }
  auto false_head = one_room_commit(t, this->room_, 3, {"c"});
  false_head.heads[0].head_seq = 9;
  EXPECT_FALSE(commit_all(*this->store_, std::move(false_head)));
  EXPECT_TRUE(commit_all(*this->store_, one_room_commit(t, this->room_, 3, {"c"})));
}

TYPED_TEST_P(StoreConformance, AnswersComeInCallOrderAndAFailureSparesItsNeighbours) {
  const auto t = this->tenant_;
  std::mutex mutex;
  std::vector<std::pair<int, bool>> answers;
  std::promise<void> all;
  constexpr int kCalls = 60;
  for (int i = 0; i < kCalls; ++i) {
    // Every tenth contradicts the log; each is known by a record of its own.
    Transaction transaction;
    transaction.emplace_back(
        PutRecord{{RecordKind::user, t, static_cast<std::uint64_t>(i + 1), 0, 1, {}, {}}});
    if (i % 10 == 3) transaction.emplace_back(one_room_commit(t, this->room_, 50, {"gap"}));
    if (i == 0) transaction.emplace_back(one_room_commit(t, this->room_, 1, {"first"}));
    this->store_->commit(std::move(transaction), [&, i](Result<> result) {
      const std::lock_guard lock(mutex);
      answers.emplace_back(i, result.has_value());
      if (answers.size() == kCalls) all.set_value();
    });
  }
  all.get_future().get();
  for (int i = 0; i < kCalls; ++i) {
    EXPECT_EQ(answers[static_cast<std::size_t>(i)], (std::pair<int, bool>(i, i % 10 != 3)));
  }
  const auto snapshot = load(*this->store_);
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->records.size(), 54U);
}

TYPED_TEST_P(StoreConformance, RewriteReplacesInJournalAndInBlocks) {
  const auto t = this->tenant_;
  ASSERT_TRUE(commit_all(*this->store_, one_room_commit(t, this->room_, 1, {"a", "b", "c"})));
  const auto rewrite = [&](std::vector<Said> said) {
    RewriteSegments write{t, this->room_, said.front().seq, said.back().seq, {}};
    write.segments.push_back(make_segment(t, this->room_, {5}, said));
    return commit_all(*this->store_, std::move(write));
  };
  ASSERT_TRUE(rewrite({{1, "a"}, {2, ""}, {3, "c"}}));
  const auto in_journal = read_log(*this->store_, t, this->room_, 1, 3);
  ASSERT_TRUE(in_journal);
  EXPECT_THAT(entries_of(*in_journal, 1, 3),
              ::testing::ElementsAre(Entry(1, "a"), Entry(2, ""), Entry(3, "c")));
  this->reopen();
  ASSERT_TRUE(rewrite({{1, ""}, {2, ""}, {3, "c"}}));
  // Across blocks and journal: everything becomes one segment.
  ASSERT_TRUE(commit_all(*this->store_, one_room_commit(t, this->room_, 4, {"d"})));
  ASSERT_TRUE(rewrite({{1, ""}, {2, ""}, {3, ""}, {4, "D"}}));
  this->reopen();
  const auto merged = read_log(*this->store_, t, this->room_, 1, 4);
  ASSERT_TRUE(merged);
  EXPECT_EQ(merged->segments.size(), 1U);
  EXPECT_THAT(entries_of(*merged, 1, 4),
              ::testing::ElementsAre(Entry(1, ""), Entry(2, ""), Entry(3, ""), Entry(4, "D")));
}

TYPED_TEST_P(StoreConformance, RewriteMustCoverTheSameSeqs) {
  const auto t = this->tenant_;
  ASSERT_TRUE(commit_all(*this->store_, one_room_commit(t, this->room_, 1, {"a", "b"})));
  for (int round = 0; round < 2; ++round) {
    RewriteSegments fewer{t, this->room_, 1, 1, {make_segment(t, this->room_, {5}, {{1, "x"}})}};
    const auto refused = commit_all(*this->store_, std::move(fewer));
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(kCommitRejected));
    RewriteSegments nothing{t, this->room_, 7, 7, {make_segment(t, this->room_, {5}, {{7, "x"}})}};
    EXPECT_FALSE(commit_all(*this->store_, std::move(nothing)));
    const auto slice = read_log(*this->store_, t, this->room_, 1, 2);
    ASSERT_TRUE(slice);
    EXPECT_THAT(entries_of(*slice, 1, 2), ::testing::ElementsAre(Entry(1, "a"), Entry(2, "b")));
    this->reopen();
  }
}

TYPED_TEST_P(StoreConformance, DeletedRoomIsGoneAndItsPositionsAreNotUsedAgain) {
  const auto t = this->tenant_;
  const RoomId kept{22};
  ASSERT_TRUE(commit_all(
      *this->store_, PutRoom{room_row(t, this->room_)}, PutRoom{room_row(t, kept)},
      one_room_commit(t, this->room_, 1, {"a", "b", "c"}), one_room_commit(t, kept, 1, {"k"}),
      PutMember{{t, this->room_, this->user_, 1, 1, 1, {}, 8, 0, 0, 0, 0}},
      AddMention{{t, this->user_, 3, this->room_, 3}},
      AddAnnotation{{t, this->room_, 1, 2, 4, {5}, "x"}},
      PutContentKey{{t, this->room_, {5}, 0, {}, {}}}));
  ASSERT_TRUE(commit_all(*this->store_, DeleteRoom{t, this->room_}));
  this->reopen();
  const auto snapshot = load(*this->store_);
  ASSERT_TRUE(snapshot);
  ASSERT_EQ(snapshot->rooms.size(), 1U);
  EXPECT_EQ(snapshot->rooms[0].room, kept);
  EXPECT_TRUE(snapshot->members.empty());
  EXPECT_TRUE(snapshot->content_keys.empty());
  ASSERT_EQ(snapshot->last_pos.size(), 1U);
  EXPECT_EQ(snapshot->last_pos[0].second, 8U);
  EXPECT_TRUE(read_log(*this->store_, t, this->room_, 1, 3)->segments.empty());
  EXPECT_EQ(read_log(*this->store_, t, kept, 1, 3)->segments.size(), 1U);
  const auto mentions = wait_for<std::vector<MentionRow>>(
      [&](auto done) { this->store_->read_mentions(t, this->user_, 0, 10, std::move(done)); });
  ASSERT_TRUE(mentions);
  EXPECT_TRUE(mentions->empty());
}

TYPED_TEST_P(StoreConformance, DeletedTenantLeavesOthersAlone) {
  for (const TenantId t : {this->tenant_, this->other_tenant_}) {
    ASSERT_TRUE(commit_all(*this->store_, PutRoom{room_row(t, this->room_)},
                           one_room_commit(t, this->room_, 1, {"same ids, other tenant"}),
                           PutRecord{{RecordKind::tenant, t, t.value, 0, 1, {}, {}}},
                           PutUserState{{t, this->user_, "settings.x", 2, 1, false, {}}}));
  }
  ASSERT_TRUE(commit_all(*this->store_, DeleteTenant{this->tenant_}));
  const auto snapshot = load(*this->store_);
  ASSERT_TRUE(snapshot);
  ASSERT_EQ(snapshot->records.size(), 1U);
  EXPECT_EQ(snapshot->records[0].tenant, this->other_tenant_);
  EXPECT_TRUE(read_log(*this->store_, this->tenant_, this->room_, 1, 1)->segments.empty());
  EXPECT_EQ(read_log(*this->store_, this->other_tenant_, this->room_, 1, 1)->segments.size(), 1U);
}

TYPED_TEST_P(StoreConformance, RemovedDeviceTakesItsRingAlong) {
  const auto t = this->tenant_;
  auto said = one_room_commit(t, this->room_, 1, {"a"});
  said.ring.push_back({t, this->device_, 1, this->room_, 1});
  said.ring.push_back({t, {99}, 1, this->room_, 1});
  ASSERT_TRUE(commit_all(*this->store_, std::move(said)));
  ASSERT_TRUE(
      commit_all(*this->store_, DeleteRecord{RecordKind::device, t, this->device_.value, 0}));
  this->reopen();
  const auto snapshot = load(*this->store_);
  ASSERT_TRUE(snapshot);
  ASSERT_EQ(snapshot->rings.size(), 1U);
  EXPECT_EQ(snapshot->rings[0].device, DeviceId{99});
}

TYPED_TEST_P(StoreConformance, MarksMoveWithoutTouchingTheMembership) {
  const auto t = this->tenant_;
  ASSERT_TRUE(commit_all(
      *this->store_,
      PutMember{{t, this->room_, this->user_, 2, 1, 4, base::to_bytes("mac"), 9, 1000, 1, 1, 1}},
      PutMarks{t, this->room_, this->user_, 7, 6, 8}, PutMarks{t, this->room_, {404}, 7, 6, 8}));
  const auto snapshot = load(*this->store_);
  ASSERT_TRUE(snapshot);
  ASSERT_EQ(snapshot->members.size(), 1U);
  EXPECT_EQ(snapshot->members[0].read_seq, 7U);
  EXPECT_EQ(snapshot->members[0].read_n, 6U);
  EXPECT_EQ(snapshot->members[0].delivered_seq, 8U);
  EXPECT_EQ(snapshot->members[0].mac, base::to_bytes("mac"));
}

TYPED_TEST_P(StoreConformance, UserStateIsReadByPositionWithTombstones) {
  const auto t = this->tenant_;
  ASSERT_TRUE(commit_all(*this->store_,
                         PutUserState{{t, this->user_, "a", 3, 1, false, base::to_bytes("1")}},
                         PutUserState{{t, this->user_, "b", 4, 1, false, base::to_bytes("2")}},
                         PutUserState{{t, this->user_, "a", 6, 2, true, {}}}));
  const auto states = wait_for<std::vector<UserStateRow>>(
      [&](auto done) { this->store_->read_user_state(t, this->user_, 3, 10, std::move(done)); });
  ASSERT_TRUE(states);
  ASSERT_EQ(states->size(), 2U);
  EXPECT_EQ((*states)[0].key, "b");
  EXPECT_EQ((*states)[1].key, "a");
  EXPECT_TRUE((*states)[1].deleted);
  const auto one = wait_for<std::optional<UserStateRow>>(
      [&](auto done) { this->store_->read_user_state_key(t, this->user_, "b", std::move(done)); });
  ASSERT_TRUE(one && *one);
  EXPECT_EQ((*one)->value_sealed, base::to_bytes("2"));
}

TYPED_TEST_P(StoreConformance, ExpiredTombstonesRaiseTheHorizon) {
  const auto t = this->tenant_;
  constexpr std::uint8_t kLeft = 3;
  ASSERT_TRUE(commit_all(*this->store_,
                         PutMember{{t, this->room_, {1}, 1, kLeft, 1, {}, 5, 1'000, 0, 0, 0}},
                         PutMember{{t, this->room_, {2}, 1, kLeft, 1, {}, 6, 9'000, 0, 0, 0}},
                         PutMember{{t, this->room_, {3}, 1, 1, 1, {}, 7, 1'000, 0, 0, 0}}));
  ASSERT_TRUE(commit_all(*this->store_, ExpireTombstones{t, 5'000, {kLeft}}));
  const auto snapshot = load(*this->store_);
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->members.size(), 2U);
  ASSERT_EQ(snapshot->expired_pos.size(), 1U);
  EXPECT_EQ(snapshot->expired_pos[0].second, 5U);
}

TYPED_TEST_P(StoreConformance, ExpiredPositionsAreReadWhileInUse) {
  const auto t = this->tenant_;
  constexpr std::uint8_t kLeft = 3;
  const auto expired = [&] {
    return *wait_for<ExpiredPositions>(
        [&](auto done) { this->store_->read_expired_pos(std::move(done)); });
  };
  ASSERT_TRUE(commit_all(*this->store_,
                         PutMember{{t, this->room_, {1}, 1, kLeft, 1, {}, 5, 1'000, 0, 0, 0}}));
  EXPECT_THAT(expired(), ::testing::IsEmpty());
  ASSERT_TRUE(commit_all(*this->store_, ExpireTombstones{t, 5'000, {kLeft}}));
  EXPECT_THAT(expired(), ::testing::ElementsAre(std::pair(t, std::uint64_t{5})));
}

TYPED_TEST_P(StoreConformance, DoomedKeysOutliveWhatTheySealedUntilTheyAreTakenAway) {
  const auto t = this->tenant_;
  const auto room = this->room_.value;
  const auto user = this->user_.value;
  ASSERT_TRUE(commit_all(*this->store_, PutRoom{room_row(t, this->room_)},
                         DeleteRoom{t, this->room_}, PutDoomedKey{{t, DoomedKind::room, room, 7}},
                         PutDoomedKey{{t, DoomedKind::author, user, 8}}));
  ASSERT_TRUE(commit_all(*this->store_, PutDoomedKey{{t, DoomedKind::room, room, 99}},
                         DeleteTenant{t}));
  this->reopen();
  auto snapshot = load(*this->store_);
  ASSERT_TRUE(snapshot);
  ASSERT_EQ(snapshot->doomed_keys.size(), 2U);
  std::ranges::sort(snapshot->doomed_keys, {}, &DoomedKeyRow::kind);
  EXPECT_EQ(snapshot->doomed_keys[0].id, room);
  EXPECT_EQ(snapshot->doomed_keys[0].since_ms, 7);
  EXPECT_EQ(snapshot->doomed_keys[1].id, user);
  ASSERT_TRUE(commit_all(*this->store_, DeleteDoomedKey{t, DoomedKind::room, room}));
  snapshot = load(*this->store_);
  ASSERT_TRUE(snapshot);
  ASSERT_EQ(snapshot->doomed_keys.size(), 1U);
  EXPECT_EQ(snapshot->doomed_keys[0].kind, DoomedKind::author);
}

TYPED_TEST_P(StoreConformance, AnnotationsAndMentionsAreReadInPages) {
  const auto t = this->tenant_;
  ASSERT_TRUE(commit_all(*this->store_, AddAnnotation{{t, this->room_, 2, 9, 4, {5}, "+"}},
                         AddAnnotation{{t, this->room_, 1, 8, 10, {5}, ""}},
                         AddAnnotation{{t, this->room_, 2, 7, 10, {6}, ""}},
                         AddAnnotation{{t, this->room_, 2, 11, 10, {6}, ""}},
                         AddMention{{t, this->user_, 9, this->room_, 7}},
                         AddMention{{t, this->user_, 4, this->room_, 3}}));
  const auto all = wait_for<std::vector<AnnotationRow>>(
      [&](auto done) { this->store_->read_annotations(t, this->room_, 1, 2, std::move(done)); });
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 4U);
  EXPECT_EQ((*all)[0].target, 1U);
  EXPECT_EQ((*all)[1].seq, 7U);
  EXPECT_EQ((*all)[2].emoji, "+");
  const auto thread = wait_for<std::vector<AnnotationRow>>([&](auto done) {
    this->store_->read_annotated(t, this->room_, 2, 10, 7, 5, std::move(done));
  });
  ASSERT_TRUE(thread);
  ASSERT_EQ(thread->size(), 1U);
  EXPECT_EQ((*thread)[0].seq, 11U);
  const auto mentions = wait_for<std::vector<MentionRow>>(
      [&](auto done) { this->store_->read_mentions(t, this->user_, 0, 1, std::move(done)); });
  ASSERT_TRUE(mentions);
  ASSERT_EQ(mentions->size(), 1U);
  EXPECT_EQ((*mentions)[0].seq, 3U);
}

TYPED_TEST_P(StoreConformance, AuditIsGapless) {
  const auto row = [](std::uint64_t number) {
    return AppendAudit{
        {number, 1, {}, base::to_bytes("sealed"), Bytes(32, static_cast<std::uint8_t>(number))}};
  };
  ASSERT_TRUE(commit_all(*this->store_, row(1), row(2)));
  EXPECT_FALSE(commit_all(*this->store_, row(4)));
  EXPECT_FALSE(commit_all(*this->store_, row(2)));
  this->reopen();
  const auto snapshot = load(*this->store_);
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->last_audit_number, 2U);
  EXPECT_EQ(snapshot->last_audit_chain, Bytes(32, 2));
  const auto rows = wait_for<std::vector<AuditRow>>(
      [&](auto done) { this->store_->read_audit(1, 10, std::move(done)); });
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1U);
}

TYPED_TEST_P(StoreConformance, ReadsBeyondTheLimitAndAfterCloseAreRefused) {
  const auto t = this->tenant_;
  const auto large = read_log(*this->store_, t, this->room_, 1, 501);
  ASSERT_FALSE(large);
  EXPECT_TRUE(large.error().is(kRangeTooLarge));
  EXPECT_TRUE(read_log(*this->store_, t, this->room_, 1, 500));
  this->store_->close();
  EXPECT_TRUE(read_log(*this->store_, t, this->room_, 1, 1).error().is(base::kShuttingDown));
  EXPECT_TRUE(commit_all(*this->store_, DeleteTenant{t}).error().is(base::kShuttingDown));
  EXPECT_TRUE(load(*this->store_).error().is(base::kShuttingDown));
  EXPECT_FALSE(this->store_->status().writable);
}

TYPED_TEST_P(StoreConformance, WaitingBytesAreCountedUntilTheyAreDurable) {
  std::promise<void> last;
  for (int i = 0; i < 20; ++i) {
    Transaction transaction;
    transaction.emplace_back(one_room_commit(
        this->tenant_, this->room_, static_cast<std::uint64_t>(i) + 1, {std::string(1'000, 'x')}));
    this->store_->commit(std::move(transaction), [&, i](Result<> result) {
      EXPECT_TRUE(result);
      if (i == 19) last.set_value();
    });
  }
  last.get_future().get();
  EXPECT_EQ(this->store_->uncommitted_bytes(), 0U);
}

REGISTER_TYPED_TEST_SUITE_P(
    StoreConformance, NewStoreIsEmptyAndWritable, RowsComeBackAfterReopening, LogIsReadBackInOrder,
    InterleavedAuthorsCoverTheRangeTogether, HeadsAndRingsSurviveInJournalAndAfterDrain,
    PutRoomKeepsTheHeadsOfAKnownRoom, GapsRepeatsAndFalseHeadsAreRejected,
    AnswersComeInCallOrderAndAFailureSparesItsNeighbours, RewriteReplacesInJournalAndInBlocks,
    RewriteMustCoverTheSameSeqs, DeletedRoomIsGoneAndItsPositionsAreNotUsedAgain,
    DeletedTenantLeavesOthersAlone, RemovedDeviceTakesItsRingAlong,
    MarksMoveWithoutTouchingTheMembership, UserStateIsReadByPositionWithTombstones,
    ExpiredTombstonesRaiseTheHorizon, ExpiredPositionsAreReadWhileInUse,
    DoomedKeysOutliveWhatTheySealedUntilTheyAreTakenAway, AnnotationsAndMentionsAreReadInPages,
    AuditIsGapless,
    ReadsBeyondTheLimitAndAfterCloseAreRefused, WaitingBytesAreCountedUntilTheyAreDurable);

}  // namespace conclave::store::testing
