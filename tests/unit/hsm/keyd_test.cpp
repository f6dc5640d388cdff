#include <openssl/evp.h>
#include <openssl/x509.h>

#include <boost/json.hpp>
#include <cstdio>

#include "hsm/api/signature.hpp"
#include "runtime/base/encoding.hpp"
#include "tests/unit/hsm/keyd_environment.hpp"

namespace conclave::hsm {
namespace {

using KeydOperations = KeydTest;

TEST_F(KeydOperations, what_is_sealed_opens_again) {
  const auto key = create(name);
  ASSERT_TRUE(key) << key.error().text();
  const auto segment = sealed(name, *key, "hello");
  ASSERT_TRUE(segment) << segment.error().text();
  const auto text = open_one(key->ref, *segment);
  ASSERT_TRUE(text) << text.error().text();
  EXPECT_EQ(base::as_text(*text), "hello");
}

TEST_F(KeydOperations, a_long_text_passes_the_limit_of_one_token_call) {
  const auto key = create(name);
  ASSERT_TRUE(key);
  const std::string text(200'000, 'x');
  const auto segment = sealed(name, *key, text);
  ASSERT_TRUE(segment) << segment.error().text();
  const auto opened = open_one(key->ref, *segment);
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_TRUE(base::as_text(*opened) == text);
}

TEST_F(KeydOperations, every_changed_byte_of_a_segment_is_noticed) {
  const auto key = create(name);
  ASSERT_TRUE(key);
  const auto segment = sealed(name, *key, "hello");
  ASSERT_TRUE(segment);
  std::vector<api::OpenItem> items;
  for (std::size_t i = 0; i < segment->size(); ++i) {
    Bytes changed = *segment;
    changed[i] ^= 1;
    items.push_back({key->ref, changed});
  }
  Bytes cut = *segment;
  cut.pop_back();
  items.push_back({key->ref, cut});
  const auto answers = open(items);
  ASSERT_TRUE(answers);
  ASSERT_EQ(answers->size(), items.size());
  for (std::size_t i = 0; i < answers->size(); ++i) EXPECT_FALSE(answers->at(i)) << "byte " << i;
}

TEST_F(KeydOperations, a_damaged_item_does_not_spoil_the_others) {
  const auto key = create(name);
  ASSERT_TRUE(key);
  const auto segment = sealed(name, *key, "hello");
  ASSERT_TRUE(segment);
  Bytes changed = *segment;
  changed.back() ^= 1;
  const auto answers = open({{key->ref, changed}, {key->ref, *segment}, {{1}, *segment}});
  ASSERT_TRUE(answers);
  EXPECT_EQ(reason_of(answers->at(0)), api::kSealBroken.reason);
  EXPECT_TRUE(answers->at(1));
  EXPECT_EQ(reason_of(answers->at(2)), api::kKeyRefStale.reason);
}

TEST_F(KeydOperations, a_header_of_another_tenant_room_author_or_key_is_refused) {
  const auto key = create(name);
  ASSERT_TRUE(key);
  const auto good = header(name, key->id, 2);
  auto tenant = good;
  tenant.tenant = kOtherTenant;
  auto room = good;
  room.room = kOtherRoom;
  auto author = good;
  author.author = kOtherAuthor;
  auto id = good;
  id.content_key[3] ^= 1;
  for (const auto& wrong : {tenant, room, author, id}) {
    EXPECT_EQ(reason_of(seal({{key->ref, api::encode_header(wrong), Bytes(2)}})),
              api::kKeyRequestRefused.reason);
  }
  EXPECT_EQ(reason_of(seal({{key->ref, api::encode_header(good), Bytes(3)}})),
            base::kMalformed.reason);
  EXPECT_TRUE(seal({{key->ref, api::encode_header(good), Bytes(2)}}));
}

TEST_F(KeydOperations, a_batch_with_one_wrong_item_seals_nothing) {
  const auto key = create(name);
  ASSERT_TRUE(key);
  const auto head = api::encode_header(header(name, key->id, 2));
  EXPECT_EQ(reason_of(seal({{key->ref, head, Bytes(2)}, {{5}, head, Bytes(2)}})),
            api::kKeyRefStale.reason);
}

TEST_F(KeydOperations, a_content_key_loads_only_under_its_own_name_and_blob) {
  const auto key = create(name);
  ASSERT_TRUE(key);
  EXPECT_EQ(load(name, key->id, key->blob)->value, key->ref.value) << "loaded already";
  keyd.kill();
  keyd.start();
  ASSERT_TRUE(keyd.ready());
  auto other_generation = name;
  other_generation.generation = 2;
  auto other_room = name;
  other_room.room = kOtherRoom;
  Bytes changed = key->blob;
  changed[20] ^= 1;
  auto other_id = key->id;
  other_id[0] ^= 1;
  EXPECT_EQ(reason_of(load(name, key->id, changed)), api::kSealBroken.reason);
  EXPECT_EQ(reason_of(load(name, other_id, key->blob)), api::kSealBroken.reason);
  EXPECT_EQ(reason_of(load(other_generation, key->id, key->blob)), api::kSealBroken.reason);
  EXPECT_EQ(reason_of(load(other_room, key->id, key->blob)), api::kSealBroken.reason);
  EXPECT_TRUE(load(name, key->id, key->blob));
}

TEST_F(KeydOperations, an_unknown_tenant_has_no_keys) {
  EXPECT_EQ(reason_of(create({kOtherTenant, kRoom, kAuthor, 1})), api::kKeyMissing.reason);
}

TEST_F(KeydOperations, creating_a_tenant_again_has_no_effect) {
  const auto key = create(name);
  ASSERT_TRUE(key);
  EXPECT_TRUE(create_tenant(kTenant));
  EXPECT_TRUE(sealed(name, *key, "still the same key"));
}

TEST_F(KeydOperations, user_rows_open_only_where_they_belong) {
  const api::RowItem row{kTenant, kAuthor, "draft", "r_1", "text", 3, base::to_bytes("secret")};
  const auto sealed_rows = testing::await<std::vector<Bytes>>(
      [&](auto done) { keys().seal_rows({row}, std::move(done)); });
  ASSERT_TRUE(sealed_rows) << sealed_rows.error().text();
  auto stored = row;
  stored.content = sealed_rows->at(0);
  auto version = stored;
  version.version = 4;
  auto column = stored;
  column.column = "other";
  auto author = stored;
  author.author = kOtherAuthor;
  const auto opened = testing::await<std::vector<Result<Bytes>>>(
      [&](auto done) { keys().open_rows({stored, version, column, author}, std::move(done)); });
  ASSERT_TRUE(opened);
  ASSERT_TRUE(opened->at(0)) << opened->at(0).error().text();
  EXPECT_EQ(*opened->at(0), row.content);
  EXPECT_EQ(reason_of(opened->at(1)), api::kSealBroken.reason);
  EXPECT_EQ(reason_of(opened->at(2)), api::kSealBroken.reason);
  EXPECT_FALSE(opened->at(3));
}

TEST_F(KeydOperations, row_macs_tell_changed_rows) {
  const Bytes row = base::to_bytes("role|admin|v1");
  const auto macs = testing::await<std::vector<Bytes>>(
      [&](auto done) { keys().mac_rows({row}, std::move(done)); });
  ASSERT_TRUE(macs);
  const auto checked = testing::await<std::vector<bool>>([&](auto done) {
    keys().check_rows({{row, macs->at(0)},
                       {base::to_bytes("role|owner|v1"), macs->at(0)},
                       {row, Bytes(32)},
                       {row, {}}},
                      std::move(done));
  });
  ASSERT_TRUE(checked);
  EXPECT_EQ(*checked, std::vector<bool>({true, false, false, false}));
}

TEST_F(KeydOperations, password_macs_depend_on_tenant_and_account_and_are_limited) {
  const auto mac = [&](TenantId tenant, UserId user) {
    return testing::await<Bytes>(
        [&](auto done) { keys().password_mac(tenant, user, Bytes(32, 5), std::move(done)); });
  };
  const auto first = mac(kTenant, kAuthor);
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, *mac(kTenant, kAuthor));
  EXPECT_NE(*first, *mac(kOtherTenant, kAuthor));
  EXPECT_NE(*first, *mac(kTenant, kOtherAuthor));
  Result<Bytes> last = first;
  for (int i = 0; i < 40 && last; ++i) last = mac(kTenant, kAuthor);
  ASSERT_EQ(reason_of(last), api::kPasswordThrottled.reason);
  EXPECT_GT(last.error().retry_after_ms(), 0);
  EXPECT_TRUE(mac(kTenant, kOtherAuthor)) << "another account has its own limit";
}

TEST_F(KeydOperations, reuse_macs_depend_on_the_person_and_are_limited) {
  const auto mac = [&](std::uint64_t person, std::uint8_t password) {
    return testing::await<Bytes>(
        [&](auto done) { keys().reuse_mac(person, Bytes(32, password), std::move(done)); });
  };
  const auto first = mac(7, 5);
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, *mac(7, 5));
  EXPECT_NE(*first, *mac(7, 6));
  EXPECT_NE(*first, *mac(8, 5)) << "two persons with one password share nothing";
  const auto password = testing::await<Bytes>([&](auto done) {
    keys().password_mac(TenantId{}, UserId{7}, Bytes(32, 5), std::move(done));
  });
  EXPECT_NE(*first, *password) << "the pepper is another key";
  EXPECT_EQ(reason_of(mac(0, 5)), base::kMalformed.reason);
  Result<Bytes> last = first;
  for (int i = 0; i < 40 && last; ++i) last = mac(7, 5);
  ASSERT_EQ(reason_of(last), api::kPasswordThrottled.reason);
  EXPECT_TRUE(mac(8, 5)) << "another person has their own limit";
}

TEST_F(KeydOperations, access_tokens_verify_with_the_published_key) {
  const auto published = testing::await<api::PublicKey>(
      [&](auto done) { keys().public_key(api::PublicKeyKind::access, std::move(done)); });
  ASSERT_TRUE(published);
  api::AccessClaims claims{kTenant, kAuthor, DeviceId{41}, SessionId{51}, {}, 7, "api"};
  const auto token = testing::await<api::AccessToken>(
      [&](auto done) { keys().issue_access(claims, std::move(done)); });
  ASSERT_TRUE(token) << token.error().text();
  const auto dot = token->token.rfind('.');
  const auto signature = base::base64url_decode(token->token.substr(dot + 1));
  ASSERT_TRUE(signature);
  const auto key =
      api::make_verify_key(api::SignatureAlgorithm::es256, ByteView(published->spki).last(65));
  ASSERT_TRUE(key);
  EXPECT_TRUE(api::verify(*key, base::as_bytes(token->token.substr(0, dot)), *signature));
  const auto first_dot = token->token.find('.');
  const auto body = base::base64url_decode(token->token.substr(first_dot + 1, dot - first_dot - 1));
  ASSERT_TRUE(body);
  const auto parsed = boost::json::parse(base::as_text(*body)).as_object();
  EXPECT_EQ(parsed.at("sub").as_string(), base::to_text(kAuthor));
  EXPECT_EQ(parsed.at("tenant").as_string(), base::to_text(kTenant));
  EXPECT_EQ(parsed.at("generation").as_int64(), 7);
  EXPECT_EQ(parsed.at("exp").as_int64() - parsed.at("iat").as_int64(), 300);
  EXPECT_EQ(parsed.at("exp").as_int64() * 1000, token->expires_ms);
}

TEST_F(KeydOperations, an_audit_head_is_signed_with_the_audit_key) {
  const base::Sha256 head = base::sha256("head");
  const auto signature =
      testing::await<Bytes>([&](auto done) { keys().sign_audit_head(head, std::move(done)); });
  ASSERT_TRUE(signature);
  const auto published = testing::await<api::PublicKey>(
      [&](auto done) { keys().public_key(api::PublicKeyKind::audit, std::move(done)); });
  ASSERT_TRUE(published);
  const auto* data = published->spki.data();
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &data, static_cast<long>(published->spki.size()));
  ASSERT_NE(key, nullptr);
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new(key, nullptr);
  EXPECT_EQ(EVP_PKEY_verify_init(context), 1);
  EXPECT_EQ(
      EVP_PKEY_verify(context, signature->data(), signature->size(), head.data(), head.size()), 1);
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(key);
}

TEST_F(KeydOperations, the_anchor_moves_forwards_only) {
  const auto move = [&](std::uint64_t number, const char* chain) {
    return testing::await<void>([&](auto done) {
      keys().move_anchor({number, base::sha256(chain)}, std::move(done));
    });
  };
  const auto read = [&] {
    return testing::await<api::AuditAnchor>(
        [&](auto done) { keys().read_anchor(std::move(done)); });
  };
  EXPECT_EQ(read(), api::AuditAnchor{});
  for (const std::uint64_t number : {5U, 6U, 9U}) ASSERT_TRUE(move(number, "as it was"));
  EXPECT_TRUE(move(9, "as it was"));
  for (const auto& back : {move(8, "as it was"), move(9, "another history")}) {
    ASSERT_FALSE(back);
    EXPECT_TRUE(back.error().is(api::kAnchorBehind));
  }
  EXPECT_EQ(read(), (api::AuditAnchor{9, base::sha256("as it was")}));
}

TEST_F(KeydOperations, status_lists_keys_that_cannot_leave) {
  const auto status =
      testing::await<api::TokenStatus>([&](auto done) { keys().status(std::move(done)); });
  ASSERT_TRUE(status);
  EXPECT_TRUE(status->ready);
  EXPECT_TRUE(status->warnings.empty());
  EXPECT_GE(status->keys.size(), 12U);
  for (const auto& key : status->keys) {
    EXPECT_TRUE(key.sensitive) << key.label;
    EXPECT_FALSE(key.extractable) << key.label;
    EXPECT_NE(key.mechanism, "any") << key.label;
    EXPECT_GT(key.created_ms, 0) << key.label;
  }
  EXPECT_THAT(status->counters,
              ::testing::Contains(std::pair<std::string, std::uint64_t>("tenant.create", 1)));
}

TEST_F(KeydOperations, the_rate_of_sealing_is_printed) {
  const auto key = create(name);
  ASSERT_TRUE(key);
  const auto head = api::encode_header(header(name, key->id, 256));
  const std::vector<api::SealItem> batch(64, api::SealItem{key->ref, head, Bytes(256, 1)});
  const auto began = std::chrono::steady_clock::now();
  constexpr int kBatches = 100;
  std::atomic<int> left{kBatches};
  std::promise<void> all;
  for (int i = 0; i < kBatches; ++i) {
    keys().seal(batch, [&](Result<std::vector<Bytes>> answer) {
      EXPECT_TRUE(answer);
      if (--left == 0) all.set_value();
    });
  }
  all.get_future().wait();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - began;
  std::printf("sealed %.0f segments a second, %.1f us each\n", 6400 / taken.count(),
              taken.count() / 6400 * 1e6);
}

}  // namespace
}  // namespace conclave::hsm
