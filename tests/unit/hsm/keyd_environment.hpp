#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hsm/api/errors.hpp"
#include "tests/support/keyd_process.hpp"

namespace conclave::hsm {

inline std::string reason_of(const auto& result) {
  return result ? "no error" : std::string(result.error().reason());
}

inline const TenantId kTenant{11};
inline const TenantId kOtherTenant{12};
inline const RoomId kRoom{21};
inline const RoomId kOtherRoom{22};
inline const UserId kAuthor{31};
inline const UserId kOtherAuthor{32};

// A keyd that is ready, with one tenant.
class KeydTest : public ::testing::Test {
 protected:
  explicit KeydTest(std::string extra = {}, std::vector<std::string> init = {})
      : keyd(CONCLAVE_BIN_DIR, std::move(extra), std::move(init)) {}

  void SetUp() override {
    keyd.start();
    ASSERT_TRUE(keyd.ready()) << keyd.output();
    ASSERT_EQ(reason_of(create_tenant(kTenant)), "no error");
  }

  api::KeyService& keys() { return keyd.keys(); }

  Result<void> create_tenant(TenantId tenant) {
    return testing::await<void>([&](auto done) { keys().create_tenant(tenant, std::move(done)); });
  }
  Result<api::NewContentKey> create(api::ContentKeyName wanted) {
    return testing::await<api::NewContentKey>(
        [&](auto done) { keys().create_content_key(wanted, std::move(done)); });
  }
  Result<api::KeyRef> load(api::ContentKeyName wanted, const api::KeyId& id, const Bytes& blob) {
    return testing::await<api::KeyRef>(
        [&](auto done) { keys().open_content_key(wanted, id, blob, std::move(done)); });
  }
  Result<std::vector<Bytes>> seal(std::vector<api::SealItem> items) {
    return testing::await<std::vector<Bytes>>(
        [&](auto done) { keys().seal(std::move(items), std::move(done)); });
  }
  Result<std::vector<Result<Bytes>>> open(std::vector<api::OpenItem> items) {
    return testing::await<std::vector<Result<Bytes>>>(
        [&](auto done) { keys().open(std::move(items), std::move(done)); });
  }
  Result<Bytes> open_one(api::KeyRef key, Bytes segment) {
    auto answers = open({{key, std::move(segment)}});
    if (!answers) return std::unexpected(answers.error());
    return answers->at(0);
  }

  static api::SegmentHeader header(const api::ContentKeyName& owner, const api::KeyId& id,
                                   std::size_t length) {
    api::SegmentHeader out;
    out.tenant = owner.tenant;
    out.room = owner.room;
    out.author = owner.author;
    out.content_key = id;
    out.segment[0] = 7;
    out.entries.push_back({1, 1, 1'700'000'000'000, 1, 0, static_cast<std::uint32_t>(length)});
    return out;
  }
  // A whole segment with this text.
  Result<Bytes> sealed(const api::ContentKeyName& owner, const api::NewContentKey& key,
                       std::string_view text) {
    Bytes head = api::encode_header(header(owner, key.id, text.size()));
    auto answer = seal({{key.ref, head, base::to_bytes(text)}});
    if (!answer) return std::unexpected(answer.error());
    head.insert(head.end(), answer->at(0).begin(), answer->at(0).end());
    return head;
  }

  const api::ContentKeyName name{kTenant, kRoom, kAuthor, 1};
  testing::KeydProcess keyd;
};

}  // namespace conclave::hsm
