#include "runtime/identity/sessions.hpp"

#include <gtest/gtest.h>

#include "tests/unit/identity/fixture.hpp"

namespace conclave::identity {
namespace {

class SessionsTest : public ::testing::Test {
 protected:
  testing::TestClock clock;
  observe::Metrics metrics;
  Sessions sessions{{clock, base::system_random(), metrics, {600'000, 900'000, 3}}};
  std::vector<std::pair<SessionId, SessionEnd>> ended;

  SessionsTest() {
    sessions.on_end(
        [this](const Session& session, SessionEnd why) { ended.emplace_back(session.id, why); });
  }
  SessionId open(std::uint64_t device, bool exclusive = true) {
    return sessions
        .open({.actor = {TenantId{1}, UserId{2}, DeviceId{device}, {}, {}},
               .address = "127.0.0.1",
               .exclusive = exclusive})
        .id;
  }
};

TEST_F(SessionsTest, ANewConnectionOfADeviceReplacesItsOlderOne) {
  const SessionId first = open(1);
  const SessionId other = open(2);
  const SessionId second = open(1);
  EXPECT_EQ(sessions.find(first), nullptr);
  EXPECT_NE(sessions.find(other), nullptr);
  EXPECT_NE(sessions.find(second), nullptr);
  EXPECT_EQ(ended, (std::vector{std::pair(first, SessionEnd::replaced)}));
}

TEST_F(SessionsTest, ManagementSessionsStandBesideAConnection) {
  const SessionId connection = open(1);
  open(1, false);
  EXPECT_NE(sessions.find(connection), nullptr);
}

TEST_F(SessionsTest, TheCapReplacesTheOldestDetachedOne) {
  const SessionId first = open(1);
  sessions.attach(first);
  clock.now_ms += 1;
  const SessionId second = open(2);
  open(3);
  open(4);
  EXPECT_NE(sessions.find(first), nullptr);
  EXPECT_EQ(sessions.find(second), nullptr);
}

TEST_F(SessionsTest, ATenantsConnectionsAreCountedFromTheSignInToTheirLoss) {
  Sessions few{{clock,
                base::system_random(),
                metrics,
                {.sessions_per_user = 64, .connections_per_tenant = 2}}};
  const auto connect = [&](std::uint64_t user, std::uint64_t device) {
    return few
        .open({.actor = {TenantId{1}, UserId{user}, DeviceId{device}, {}, {}},
               .address = "",
               .exclusive = true})
        .id;
  };
  const auto room = [&](std::uint64_t user, std::uint64_t device) {
    return few.has_room(TenantId{1}, UserId{user}, DeviceId{device});
  };
  EXPECT_TRUE(room(1, 1));
  const SessionId first = connect(1, 1);
  few.open({.actor = {TenantId{1}, UserId{1}, DeviceId{9}, {}, {}},
            .address = "",
            .exclusive = false});  // a management session
  EXPECT_TRUE(room(2, 2));
  const SessionId second = connect(2, 2);
  EXPECT_FALSE(room(3, 3));
  EXPECT_TRUE(few.has_room(TenantId{2}, UserId{3}, DeviceId{3})) << "another tenant";
  EXPECT_TRUE(room(1, 1)) << "takes the place of its own connection";
  few.attach(first);
  EXPECT_FALSE(room(3, 3));
  few.detach(first);
  EXPECT_TRUE(room(3, 3));
  connect(3, 3);
  EXPECT_FALSE(room(1, 1));
  EXPECT_TRUE(few.end(second, SessionEnd::signed_out));
  EXPECT_TRUE(room(1, 1));
}

TEST_F(SessionsTest, AResumeHandleWorksOnce) {
  const SessionId id = open(1);
  const Bytes handle = sessions.make_resume_handle(id);
  EXPECT_EQ(sessions.use_resume_handle(handle), id);
  EXPECT_EQ(sessions.use_resume_handle(handle), std::nullopt);
}

TEST_F(SessionsTest, AResumeHandleExpiresAfterTheConnectionWasLost) {
  const SessionId id = open(1);
  const Bytes handle = sessions.make_resume_handle(id);
  sessions.attach(id);
  clock.now_ms += 3'600'000;
  sessions.detach(id);
  clock.now_ms += 600'001;
  EXPECT_EQ(sessions.use_resume_handle(handle), std::nullopt);
}

TEST_F(SessionsTest, AnEndedSessionsHandleAndTokensAreWorthless) {
  const SessionId id = open(1);
  const Bytes handle = sessions.make_resume_handle(id);
  sessions.add_token(id, "token", clock.now_ms + 1'000);
  ASSERT_NE(sessions.by_token("token"), nullptr);
  sessions.end_device(TenantId{1}, UserId{2}, DeviceId{1}, SessionEnd::revoked);
  EXPECT_EQ(sessions.by_token("token"), nullptr);
  EXPECT_EQ(sessions.use_resume_handle(handle), std::nullopt);
  EXPECT_EQ(ended, (std::vector{std::pair(id, SessionEnd::revoked)}));
}

TEST_F(SessionsTest, TokensExpireAndOnlyTheNewestTwoCount) {
  const SessionId id = open(1);
  sessions.add_token(id, "a", clock.now_ms + 1'000);
  sessions.add_token(id, "b", clock.now_ms + 1'000);
  sessions.add_token(id, "c", clock.now_ms + 2'000);
  EXPECT_EQ(sessions.by_token("a"), nullptr);
  EXPECT_NE(sessions.by_token("b"), nullptr);
  clock.now_ms += 1'000;
  EXPECT_EQ(sessions.by_token("b"), nullptr);
  EXPECT_NE(sessions.by_token("c"), nullptr);
}

TEST_F(SessionsTest, IdleSessionsWithoutAConnectionEnd) {
  const SessionId attached = open(1);
  sessions.attach(attached);
  const SessionId idle = open(2);
  clock.now_ms += 900'001;
  sessions.sweep();
  EXPECT_NE(sessions.find(attached), nullptr);
  EXPECT_EQ(sessions.find(idle), nullptr);
}

TEST_F(SessionsTest, AllSessionsOfATenantEndTogether) {
  const SessionId ours = open(1);
  const SessionId theirs = sessions
                               .open({.actor = {TenantId{9}, UserId{2}, DeviceId{1}, {}, {}},
                                      .address = "127.0.0.1",
                                      .exclusive = true})
                               .id;
  sessions.end_tenant(TenantId{1}, SessionEnd::revoked);
  EXPECT_EQ(sessions.find(ours), nullptr);
  EXPECT_NE(sessions.find(theirs), nullptr);
}

}  // namespace
}  // namespace conclave::identity
