#include "runtime/base/digest.hpp"
#include "tests/unit/hsm/keyd_environment.hpp"

// Epoch turns (keys contract, K2): what was deleted is dead afterwards, everywhere; the rest lives.
namespace conclave::hsm {
namespace {

class Epoch : public KeydTest {
 protected:
  Epoch() : KeydTest("[keyd]\nepoch_grace_ms = 0") {}

  Result<api::EpochReport> turn(TenantId tenant) {
    return testing::await<api::EpochReport>(
        [&](auto done) { keys().turn_epoch(tenant, std::move(done)); });
  }
  Result<Bytes> copy() {
    return testing::await<Bytes>([&](auto done) { keys().copy_keyring(std::move(done)); });
  }
  Result<void> confirm(const base::Sha256& digest) {
    return testing::await<void>(
        [&](auto done) { keys().confirm_keyring_copy(digest, std::move(done)); });
  }
  Result<void> delete_room(RoomId room) {
    return testing::await<void>(
        [&](auto done) { keys().delete_room_key(kTenant, room, std::move(done)); });
  }
  bool in_token(const std::string& label) {
    const auto status =
        testing::await<api::TokenStatus>([&](auto done) { keys().status(std::move(done)); });
    EXPECT_TRUE(status);
    return std::ranges::find(status->keys, label, &api::KeyInfo::label) != status->keys.end();
  }
  void replace_keyring(const Bytes& content) {
    keyd.kill();
    std::ofstream(keyd.paths().keyring_db, std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(content.data()),
               static_cast<std::streamsize>(content.size()));
    keyd.start();
    ASSERT_TRUE(keyd.ready()) << keyd.output();
  }

  const std::string first_epoch = "ek." + base::to_text(kTenant) + ".0";
  const api::ContentKeyName other{kTenant, kOtherRoom, kAuthor, 1};
};

TEST_F(Epoch, a_deleted_room_is_dead_at_once_and_is_never_made_again) {
  const auto key = create(name);
  ASSERT_TRUE(key);
  const auto segment = sealed(name, *key, "gone");
  ASSERT_TRUE(segment);
  ASSERT_TRUE(delete_room(kRoom));
  EXPECT_EQ(reason_of(open_one(key->ref, *segment)), api::kKeyRefStale.reason);
  EXPECT_EQ(reason_of(load(name, key->id, key->blob)), api::kKeyDestroyed.reason);
  EXPECT_EQ(reason_of(create(name)), api::kKeyDestroyed.reason);
}

TEST_F(Epoch, after_a_turn_a_deleted_room_is_dead_even_with_an_old_keyring_and_the_rest_opens) {
  const auto dead = create(name);
  const auto alive = create(other);
  ASSERT_TRUE(dead && alive);
  const auto dead_segment = sealed(name, *dead, "gone");
  const auto live_segment = sealed(other, *alive, "stays");
  ASSERT_TRUE(dead_segment && live_segment);
  const auto old_keyring = copy();
  ASSERT_TRUE(old_keyring);

  ASSERT_TRUE(delete_room(kRoom));
  const auto report = turn(kTenant);
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->new_epoch, 1U);
  EXPECT_EQ(report->resealed, 2U) << "the other room and the author";
  EXPECT_TRUE(in_token(first_epoch)) << "until a copy of the new keyring is kept";
  const auto new_keyring = copy();
  ASSERT_TRUE(new_keyring);
  ASSERT_TRUE(confirm(base::sha256(ByteView(*new_keyring))));
  EXPECT_FALSE(in_token(first_epoch));

  // The old backup of everything but the token: its deleted room stays dead.
  replace_keyring(*old_keyring);
  EXPECT_EQ(reason_of(load(name, dead->id, dead->blob)), api::kKeyDestroyed.reason);
  EXPECT_NE(keyd.output().find("keyring.rolled_back"), std::string::npos);
  // Old content with the newest keyring: all that was not deleted opens.
  replace_keyring(*new_keyring);
  EXPECT_EQ(reason_of(load(name, dead->id, dead->blob)), api::kKeyDestroyed.reason);
  const auto ref = load(other, alive->id, alive->blob);
  ASSERT_TRUE(ref) << ref.error().text();
  EXPECT_EQ(base::as_text(*open_one(*ref, *live_segment)), "stays");
}

TEST_F(Epoch, a_copy_from_before_the_turn_does_not_release_the_old_epoch) {
  ASSERT_TRUE(create(name));
  const auto before = copy();
  ASSERT_TRUE(before);
  ASSERT_TRUE(turn(kTenant));
  ASSERT_TRUE(confirm(base::sha256(ByteView(*before))));
  EXPECT_TRUE(in_token(first_epoch));
}

TEST_F(Epoch, an_unknown_copy_cannot_be_confirmed) {
  EXPECT_EQ(reason_of(confirm(base::sha256("no copy"))), api::kKeyMissing.reason);
}

TEST_F(Epoch, many_keys_survive_a_turn_and_sealing_goes_on_meanwhile) {
  std::vector<std::pair<api::ContentKeyName, api::NewContentKey>> all;
  for (std::uint64_t room = 100; room < 300; ++room) {
    const api::ContentKeyName each{kTenant, RoomId{room}, kAuthor, 1};
    auto key = create(each);
    ASSERT_TRUE(key) << key.error().text();
    all.emplace_back(each, *key);
  }
  std::promise<Result<api::EpochReport>> turned;
  auto arrived = turned.get_future();
  keys().turn_epoch(kTenant, [&](Result<api::EpochReport> r) { turned.set_value(std::move(r)); });
  EXPECT_TRUE(sealed(all.front().first, all.front().second, "meanwhile"));
  const auto report = arrived.get();
  ASSERT_TRUE(report) << report.error().text();
  EXPECT_EQ(report->resealed, 201U);
  keyd.kill();
  keyd.start();
  ASSERT_TRUE(keyd.ready());
  for (const auto& [each, key] : all) EXPECT_TRUE(load(each, key.id, key.blob));
}

TEST_F(Epoch, a_second_turn_goes_on_from_the_first) {
  const auto key = create(name);
  ASSERT_TRUE(key);
  ASSERT_TRUE(turn(kTenant));
  const auto report = turn(kTenant);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->old_epoch, 1U);
  EXPECT_EQ(report->new_epoch, 2U);
  EXPECT_TRUE(load(name, key->id, key->blob));
}

TEST_F(Epoch, a_deleted_author_is_dead_in_every_room) {
  const auto key = create(name);
  ASSERT_TRUE(key);
  ASSERT_TRUE(testing::await<void>(
      [&](auto done) { keys().delete_author_key(kTenant, kAuthor, std::move(done)); }));
  EXPECT_EQ(reason_of(load(name, key->id, key->blob)), api::kKeyDestroyed.reason);
  EXPECT_EQ(reason_of(create(other)), api::kKeyDestroyed.reason);
}

}  // namespace
}  // namespace conclave::hsm
