#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/store/errors.hpp"
#include "tests/unit/store/store_access.hpp"

// What every ContentStore has to do. A backend is a type with
//   Result<std::unique_ptr<ContentStore>> open();   // again after close(): the same data
//   Result<std::unique_ptr<ContentStore>> open_draining();  // drains after each commit
// and is instantiated with INSTANTIATE_TYPED_TEST_SUITE_P(Name, StoreConformance, Backend).
namespace conclave::store::testing {

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
  using Entry = std::pair<std::uint64_t, std::string>;
  EXPECT_THAT(entries_of(*slice, 2, 4),
              ::testing::ElementsAre(Entry(2, "b"), Entry(3, "c"), Entry(4, "d")));
}

REGISTER_TYPED_TEST_SUITE_P(StoreConformance, NewStoreIsEmptyAndWritable, RowsComeBackAfterReopening,
                            LogIsReadBackInOrder);

}  // namespace conclave::store::testing
