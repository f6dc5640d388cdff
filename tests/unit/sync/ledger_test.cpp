#include "runtime/sync/ledger.hpp"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "tests/support/memory_store.hpp"

namespace conclave::sync {
namespace {

using ::testing::ElementsAre;

class LedgerTest : public ::testing::Test {
 protected:
  boost::asio::io_context context;
  testing::MemoryStore store;
  Ledger ledger{store, context.get_executor()};
  std::vector<std::string> events;

  void run() {
    context.restart();
    context.poll();
  }
  void commit(std::string name, TenantId tenant = TenantId{1}) {
    ledger.commit(
        [tenant](Ledger::Positions& positions) {
          store::UserStateRow row;
          row.tenant = tenant;
          row.pos = positions.next(tenant);
          store::Transaction out;
          out.push_back(store::PutUserState{row});
          return out;
        },
        [this, name, tenant](Result<void> result) {
          events.push_back(name + (result ? " at " : " failed at ") +
                           std::to_string(ledger.visible(tenant)));
        });
  }
};

TEST_F(LedgerTest, positions_become_visible_in_their_order) {
  store.hold = true;
  commit("one");
  commit("two");
  run();
  EXPECT_EQ(ledger.visible(TenantId{1}), 0U);
  EXPECT_EQ(ledger.waiting(), 2U);
  store.release();
  run();
  EXPECT_EQ(ledger.visible(TenantId{1}), 1U);
  store.release();
  run();
  EXPECT_THAT(events, ElementsAre("one at 1", "two at 2"));
}

TEST_F(LedgerTest, the_position_of_a_failed_commit_is_not_used_again) {
  store.refuse = [](const store::Transaction&) { return &store::kStoreReadOnly; };
  commit("one");
  run();
  store.refuse = nullptr;
  commit("two");
  run();
  EXPECT_THAT(events, ElementsAre("one failed at 0", "two at 2"));
}

TEST_F(LedgerTest, tenants_count_apart_and_a_start_goes_on_where_the_store_is) {
  commit("one");
  commit("other", TenantId{2});
  run();
  EXPECT_EQ(ledger.visible(TenantId{1}), 1U);
  EXPECT_EQ(ledger.visible(TenantId{2}), 1U);
  Ledger next{store, context.get_executor()};
  next.start(store.snapshot());
  EXPECT_EQ(next.visible(TenantId{1}), 1U);
  EXPECT_EQ(next.epoch(), store.epoch);
}

TEST_F(LedgerTest, an_answer_after_its_end_is_dropped) {
  store.hold = true;
  {
    Ledger brief{store, context.get_executor()};
    brief.commit([](Ledger::Positions&) { return store::Transaction{}; },
                 [this](Result<void>) { events.push_back("too late"); });
  }
  store.release_all();
  run();
  EXPECT_THAT(events, ElementsAre());
}

}  // namespace
}  // namespace conclave::sync
