#include <array>

#include "hsm/api/errors.hpp"
#include "hsm/pkcs11/session.hpp"

// Data objects: what must not be rolled back together with the files outside the token.
namespace conclave::hsm::pkcs11 {
namespace {

constexpr std::string_view kApplication = "conclave";
constexpr std::size_t kMaxData = 4096;
constexpr std::size_t kMostObjects = 16;  // of one label

Template data_named(const std::string& label) {
  Template out;
  out.number(CKA_CLASS, CKO_DATA).flag(CKA_TOKEN, true).bytes(CKA_LABEL, base::as_bytes(label));
  return out;
}

}  // namespace

Result<std::vector<Token::DataObject>> Token::find_data(const std::string& label) {
  auto wanted = data_named(label);
  CONCLAVE_TRY(session_->call("C_FindObjectsInit", &CK_FUNCTION_LIST::C_FindObjectsInit,
                              wanted.data(), wanted.size()));
  std::array<CK_OBJECT_HANDLE, kMostObjects> found{};
  CK_ULONG count = 0;
  const auto searched = session_->call("C_FindObjects", &CK_FUNCTION_LIST::C_FindObjects,
                                       found.data(), CK_ULONG{found.size()}, &count);
  const auto ended = session_->call("C_FindObjectsFinal", &CK_FUNCTION_LIST::C_FindObjectsFinal);
  CONCLAVE_TRY(searched);
  CONCLAVE_TRY(ended);
  std::vector<DataObject> out;
  for (std::size_t i = 0; i < count; ++i) {
    Bytes value(kMaxData);
    CK_ATTRIBUTE read{CKA_VALUE, value.data(), value.size()};
    const auto got = session_->call("C_GetAttributeValue", &CK_FUNCTION_LIST::C_GetAttributeValue,
                                    found[i], &read, CK_ULONG{1});
    if (!got || read.ulValueLen > value.size()) continue;  // torn
    value.resize(read.ulValueLen);
    out.push_back({DataHandle{found[i]}, std::move(value)});
  }
  return out;
}

Result<void> Token::create_data(const std::string& label, ByteView value) {
  auto fresh = data_named(label);
  fresh.flag(CKA_PRIVATE, true)
      .flag(CKA_MODIFIABLE, false)
      .bytes(CKA_APPLICATION, base::as_bytes(kApplication))
      .bytes(CKA_VALUE, value);
  CK_OBJECT_HANDLE made = 0;
  return session_->call("C_CreateObject", &CK_FUNCTION_LIST::C_CreateObject, fresh.data(),
                        fresh.size(), &made);
}

Result<void> Token::destroy_data(DataHandle object) {
  return session_->call("C_DestroyObject", &CK_FUNCTION_LIST::C_DestroyObject,
                        static_cast<CK_OBJECT_HANDLE>(object));
}

}  // namespace conclave::hsm::pkcs11
