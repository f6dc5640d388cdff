#include "hsm/pkcs11/token.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hsm/api/errors.hpp"
#include "hsm/pkcs11/return_value.hpp"
#include "tests/support/softhsm_folder.hpp"

namespace conclave::hsm::pkcs11 {
namespace {

using ::testing::ElementsAre;

std::string reason_of(const auto& result) {
  return result ? "no error" : std::string(result.error().reason());
}

class TokenTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = folder.open(watch);
    ASSERT_TRUE(opened) << opened.error().text();
    token = std::move(*opened);
  }

  KeyHandle make(TokenKey type, const std::string& label) {
    const auto key = token->generate(type, label);
    EXPECT_TRUE(key) << key.error().text();
    return key.value_or(KeyHandle{});
  }
  KeyDescription description(KeyHandle key) {
    const auto described = token->describe_key(key);
    EXPECT_TRUE(described);
    return described.value_or(KeyDescription{});
  }

  testing::SoftHsmFolder folder;
  CallWatch watch;
  std::unique_ptr<Token> token;
};

void expect_closed(const KeyDescription& key) {
  EXPECT_TRUE(key.is_private);
  EXPECT_TRUE(key.sensitive);
  EXPECT_FALSE(key.extractable);
  EXPECT_FALSE(key.modifiable);
  EXPECT_FALSE(key.copyable);
}

TEST_F(TokenTest, every_class_of_token_key_has_exactly_its_attributes) {
  const auto wrapping = description(make(TokenKey::wrapping, "w"));
  const auto sealing = description(make(TokenKey::sealing, "s"));
  const auto mac = description(make(TokenKey::mac, "m"));
  const auto signing = description(make(TokenKey::signing, "g"));
  for (const auto& key : {wrapping, sealing, mac, signing}) {
    expect_closed(key);
    EXPECT_TRUE(key.always_sensitive);
    EXPECT_TRUE(key.never_extractable);
  }
  EXPECT_THAT(wrapping.usages, ElementsAre("wrap", "unwrap"));
  EXPECT_EQ(wrapping.mechanism, "CKM_AES_KEY_WRAP_PAD");
  EXPECT_THAT(sealing.usages, ElementsAre("encrypt", "decrypt"));
  EXPECT_EQ(sealing.mechanism, "CKM_AES_GCM");
  EXPECT_THAT(mac.usages, ElementsAre("sign", "verify"));
  EXPECT_EQ(mac.mechanism, "CKM_SHA256_HMAC");
  EXPECT_THAT(signing.usages, ElementsAre("sign"));
  EXPECT_EQ(signing.mechanism, "CKM_ECDSA");
}

TEST_F(TokenTest, session_keys_are_closed_after_their_first_wrap) {
  const auto kek = make(TokenKey::wrapping, "kek");
  const auto room = token->generate_wrapped(SessionKey::room, kek);
  ASSERT_TRUE(room) << room.error().text();
  expect_closed(description(room->key));
  EXPECT_THAT(description(room->key).usages, ElementsAre("wrap", "unwrap"));
  const auto author = token->generate_wrapped(SessionKey::author, kek);
  ASSERT_TRUE(author);
  expect_closed(description(author->key));
  EXPECT_THAT(description(author->key).usages, ElementsAre("encrypt", "decrypt"));
  EXPECT_EQ(description(author->key).mechanism, "CKM_AES_GCM");
}

TEST_F(TokenTest, a_key_refuses_every_use_but_its_own) {
  const auto wrapping = make(TokenKey::wrapping, "w");
  const auto sealing = make(TokenKey::sealing, "s");
  const auto mac = make(TokenKey::mac, "m");
  const auto signing = make(TokenKey::signing, "g");
  const Bytes nonce(12);
  Bytes out;
  EXPECT_FALSE(token->gcm_encrypt(wrapping, nonce, {}, Bytes(5), out));
  EXPECT_FALSE(token->gcm_encrypt(mac, nonce, {}, Bytes(5), out));
  EXPECT_FALSE(token->hmac(sealing, Bytes(5)));
  EXPECT_FALSE(token->hmac(signing, Bytes(5)));
  EXPECT_FALSE(token->sign(mac, Bytes(32)));
  EXPECT_FALSE(token->generate_wrapped(SessionKey::author, sealing));
  EXPECT_TRUE(token->hmac(mac, Bytes(5))) << "the session is as it was";
}

TEST_F(TokenTest, a_changed_wrapped_key_is_told_as_broken) {
  const auto kek = make(TokenKey::wrapping, "kek");
  auto made = token->generate_wrapped(SessionKey::author, kek);
  ASSERT_TRUE(made);
  made->blob[3] ^= 1;
  EXPECT_EQ(reason_of(token->unwrap(SessionKey::author, kek, made->blob)), api::kSealBroken.reason);
  EXPECT_FALSE(token->lost());
}

TEST_F(TokenTest, handles_are_found_again_by_label) {
  const auto before = token->hmac(make(TokenKey::mac, "m"), Bytes(3));
  ASSERT_TRUE(before);
  token.reset();
  auto again = folder.open(watch);
  ASSERT_TRUE(again) << again.error().text();
  const auto key = (*again)->find("m");
  ASSERT_TRUE(key);
  EXPECT_EQ(*(*again)->hmac(*key, Bytes(3)), *before);
}

TEST_F(TokenTest, a_label_is_given_once) {
  make(TokenKey::mac, "m");
  EXPECT_EQ(reason_of(token->generate(TokenKey::mac, "m")), api::kKeyRequestRefused.reason);
  ASSERT_TRUE(token->destroy("m"));
  EXPECT_EQ(reason_of(token->find("m")), api::kKeyMissing.reason);
  EXPECT_TRUE(token->generate(TokenKey::mac, "m"));
}

TEST_F(TokenTest, a_wrong_pin_is_told_as_locked_and_the_next_open_does_not_try) {
  token.reset();
  const base::Secret wrong{std::string_view("00000000")};
  EXPECT_EQ(reason_of(Token::open(folder.options(), wrong, false, watch)),
            api::kTokenLocked.reason);
  // SoftHSM now says that few attempts are left: even the right PIN is not risked.
  EXPECT_EQ(reason_of(folder.open(watch)), api::kTokenLocked.reason);
  EXPECT_TRUE(Token::open(folder.options(), folder.pin(), true, watch));
}

TEST_F(TokenTest, another_label_or_serial_is_not_our_token) {
  token.reset();
  auto options = folder.options();
  options.serial = "0000000000000000";
  const auto serial = Token::open(options, folder.pin(), false, watch);
  ASSERT_FALSE(serial);
  EXPECT_TRUE(serial.error().is(api::kTokenUnavailable));
  EXPECT_NE(serial.error().detail().find("0000000000000000"), std::string::npos);
  options = folder.options();
  options.label = "other";
  EXPECT_EQ(reason_of(Token::open(options, folder.pin(), false, watch)),
            api::kTokenUnavailable.reason);
}

TEST_F(TokenTest, a_file_that_is_no_module_is_named) {
  token.reset();
  auto options = folder.options();
  options.module = "/lib/x86_64-linux-gnu/libm.so.6";
  const auto opened = Token::open(options, folder.pin(), false, watch);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().detail().find("libm.so.6"), std::string::npos);
}

TEST(ReturnValue, the_table_is_total) {
  EXPECT_EQ(return_value(0x30).name, "CKR_DEVICE_ERROR");
  EXPECT_EQ(return_value(0x30).consequence, Consequence::session);
  EXPECT_EQ(return_value(0xa0).consequence, Consequence::pin);
  for (const unsigned long unknown : {0x7fUL, 0x80000001UL, ~0UL}) {
    EXPECT_EQ(return_value(unknown).spec->reason, api::kTokenUnavailable.reason);
    EXPECT_EQ(return_value(unknown).consequence, Consequence::session);
  }
  EXPECT_EQ(to_error("C_Sign", 0x30).detail(), "C_Sign: CKR_DEVICE_ERROR (0x30)");
}

TEST(ReturnValue, an_invalid_handle_never_looks_like_a_missing_key) {
  for (const unsigned long handle : {0x60UL, 0x82UL, 0xf0UL, 0x113UL}) {
    EXPECT_EQ(return_value(handle).spec->reason, api::kTokenUnavailable.reason) << handle;
  }
}

}  // namespace
}  // namespace conclave::hsm::pkcs11
