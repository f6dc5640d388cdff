#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hsm/pkcs11/attributes.hpp"
#include "hsm/pkcs11/module.hpp"
#include "tests/support/softhsm_folder.hpp"

// The attacks that the keys contract, K1, names, by somebody who has the PIN and calls the module
// directly: nothing that Conclave made can be read, widened, copied or misused.
namespace conclave::hsm::pkcs11 {
namespace {

class Attacks : public ::testing::Test {
 protected:
  void SetUp() override {
    {
      auto token = folder.open(watch);
      ASSERT_TRUE(token);
      ASSERT_TRUE((*token)->generate(TokenKey::wrapping, "kek"));
      ASSERT_TRUE((*token)->generate(TokenKey::sealing, "ek"));
      ASSERT_TRUE((*token)->generate(TokenKey::mac, "rows"));
      ASSERT_TRUE((*token)->generate(TokenKey::signing, "tls"));
      auto made = (*token)->generate_wrapped(SessionKey::author, *(*token)->find("kek"));
      ASSERT_TRUE(made);
      wrapped = made->blob;
    }
    auto loaded = Module::load("/usr/lib/softhsm/libsofthsm2.so", watch);
    ASSERT_TRUE(loaded);
    module = std::move(*loaded);
    for (const auto slot : *module->slots(true)) {
      const auto info = module->token_info(slot);
      if (info && padded_text(info->label) == "test") open_session(slot);
    }
    ASSERT_NE(session, 0U);
  }

  void open_session(CK_SLOT_ID slot) {
    const CK_FLAGS flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
    ASSERT_TRUE(module->call("C_OpenSession", &CK_FUNCTION_LIST::C_OpenSession, slot, flags,
                             nullptr, nullptr, &session));
    std::string pin(testing::SoftHsmFolder::kPin);
    ASSERT_TRUE(module->call("C_Login", &CK_FUNCTION_LIST::C_Login, session, CK_USER_TYPE{CKU_USER},
                             reinterpret_cast<CK_BYTE*>(pin.data()), CK_ULONG{pin.size()}));
  }

  CK_OBJECT_HANDLE secret(std::string_view label, CK_OBJECT_CLASS type = CKO_SECRET_KEY) {
    Template wanted;
    wanted.number(CKA_CLASS, type).bytes(CKA_LABEL, base::as_bytes(label));
    CK_OBJECT_HANDLE found = 0;
    CK_ULONG count = 0;
    EXPECT_TRUE(module->call("C_FindObjectsInit", &CK_FUNCTION_LIST::C_FindObjectsInit, session,
                             wanted.data(), wanted.size()));
    EXPECT_TRUE(module->call("C_FindObjects", &CK_FUNCTION_LIST::C_FindObjects, session, &found,
                             CK_ULONG{1}, &count));
    EXPECT_TRUE(module->call("C_FindObjectsFinal", &CK_FUNCTION_LIST::C_FindObjectsFinal, session));
    EXPECT_EQ(count, 1U) << label;
    return found;
  }

  CK_RV set(CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type, bool value) {
    Template change;
    change.flag(type, value);
    return module->call_raw("C_SetAttributeValue", &CK_FUNCTION_LIST::C_SetAttributeValue, session,
                            key, change.data(), change.size());
  }

  CK_RV unwrap(Template attributes) {
    CK_MECHANISM mechanism{CKM_AES_KEY_WRAP_PAD, nullptr, 0};
    CK_OBJECT_HANDLE key = 0;
    return module->call_raw("C_UnwrapKey", &CK_FUNCTION_LIST::C_UnwrapKey, session, &mechanism,
                            secret("kek"), wrapped.data(), CK_ULONG{wrapped.size()},
                            attributes.data(), attributes.size(), &key);
  }

  testing::SoftHsmFolder folder;
  CallWatch watch;
  std::unique_ptr<Module> module;
  CK_SESSION_HANDLE session = 0;
  Bytes wrapped;
};

TEST_F(Attacks, values_cannot_be_read) {
  for (const auto key :
       {secret("kek"), secret("ek"), secret("rows"), secret("tls", CKO_PRIVATE_KEY)}) {
    std::array<CK_BYTE, 64> value{};
    CK_ATTRIBUTE attribute{CKA_VALUE, value.data(), value.size()};
    EXPECT_EQ(module->call_raw("C_GetAttributeValue", &CK_FUNCTION_LIST::C_GetAttributeValue,
                               session, key, &attribute, CK_ULONG{1}),
              CK_RV{CKR_ATTRIBUTE_SENSITIVE});
    EXPECT_EQ(value, (std::array<CK_BYTE, 64>{}));
  }
}

TEST_F(Attacks, no_attribute_can_be_changed) {
  for (const auto key :
       {secret("kek"), secret("ek"), secret("rows"), secret("tls", CKO_PRIVATE_KEY)}) {
    EXPECT_NE(set(key, CKA_SENSITIVE, false), CK_RV{CKR_OK});
    EXPECT_NE(set(key, CKA_EXTRACTABLE, true), CK_RV{CKR_OK});
    EXPECT_NE(set(key, CKA_MODIFIABLE, true), CK_RV{CKR_OK});
    for (const auto usage :
         {CKA_ENCRYPT, CKA_DECRYPT, CKA_WRAP, CKA_UNWRAP, CKA_SIGN, CKA_DERIVE}) {
      EXPECT_NE(set(key, usage, true), CK_RV{CKR_OK}) << usage;
    }
  }
}

TEST_F(Attacks, keys_cannot_be_copied_with_other_attributes) {
  for (const auto key : {secret("kek"), secret("ek"), secret("rows")}) {
    Template wider;
    wider.flag(CKA_TOKEN, false).flag(CKA_DECRYPT, true);
    CK_OBJECT_HANDLE copy = 0;
    EXPECT_NE(module->call_raw("C_CopyObject", &CK_FUNCTION_LIST::C_CopyObject, session, key,
                               wider.data(), wider.size(), &copy),
              CK_RV{CKR_OK});
  }
}

TEST_F(Attacks, a_wrapped_key_does_not_come_out_readable) {
  Template readable;
  readable.number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, CKK_AES);
  readable.flag(CKA_TOKEN, false).flag(CKA_SENSITIVE, false).flag(CKA_EXTRACTABLE, true);
  EXPECT_NE(unwrap(std::move(readable)), CK_RV{CKR_OK});
  Template only_extractable;
  only_extractable.number(CKA_CLASS, CKO_SECRET_KEY).number(CKA_KEY_TYPE, CKK_AES);
  only_extractable.flag(CKA_TOKEN, false).flag(CKA_EXTRACTABLE, true);
  EXPECT_NE(unwrap(std::move(only_extractable)), CK_RV{CKR_OK});
}

TEST_F(Attacks, the_right_template_still_unwraps) {
  EXPECT_EQ(unwrap(unwrapped_session_key(SessionKey::author, Profile{})), CK_RV{CKR_OK});
}

TEST_F(Attacks, a_key_takes_no_mechanism_but_its_own) {
  const auto starts = [&](CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key) {
    std::array<CK_BYTE, 16> iv{};
    CK_MECHANISM mechanism{type, iv.data(), iv.size()};
    return module->call_raw("C_EncryptInit", &CK_FUNCTION_LIST::C_EncryptInit, session, &mechanism,
                            key);
  };
  EXPECT_NE(starts(CKM_AES_CBC, secret("ek")), CK_RV{CKR_OK});
  EXPECT_NE(starts(CKM_AES_ECB, secret("ek")), CK_RV{CKR_OK});
  EXPECT_NE(starts(CKM_AES_CBC, secret("kek")), CK_RV{CKR_OK});
  CK_MECHANISM sha1{CKM_SHA_1_HMAC, nullptr, 0};
  EXPECT_NE(
      module->call_raw("C_SignInit", &CK_FUNCTION_LIST::C_SignInit, session, &sha1, secret("rows")),
      CK_RV{CKR_OK});
  CK_MECHANISM sha1_ecdsa{CKM_ECDSA_SHA1, nullptr, 0};
  EXPECT_NE(module->call_raw("C_SignInit", &CK_FUNCTION_LIST::C_SignInit, session, &sha1_ecdsa,
                             secret("tls", CKO_PRIVATE_KEY)),
            CK_RV{CKR_OK});
}

TEST_F(Attacks, a_token_key_cannot_be_wrapped) {
  std::array<CK_BYTE, 128> blob{};
  CK_ULONG size = blob.size();
  CK_MECHANISM mechanism{CKM_AES_KEY_WRAP_PAD, nullptr, 0};
  for (const auto key : {secret("ek"), secret("rows"), secret("tls", CKO_PRIVATE_KEY)}) {
    EXPECT_NE(module->call_raw("C_WrapKey", &CK_FUNCTION_LIST::C_WrapKey, session, &mechanism,
                               secret("kek"), key, blob.data(), &size),
              CK_RV{CKR_OK});
  }
}

}  // namespace
}  // namespace conclave::hsm::pkcs11
