#include "hsm/pkcs11/token.hpp"

#include <algorithm>

#include "hsm/api/errors.hpp"
#include "hsm/pkcs11/probe.hpp"
#include "hsm/pkcs11/session.hpp"

namespace conclave::hsm::pkcs11 {
namespace {

constexpr CK_FLAGS kFewAttempts = CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY;
constexpr std::size_t kFindAtOnce = 256;
constexpr std::size_t kMaxLabel = 128;

struct FoundToken {
  CK_SLOT_ID slot = 0;
  CK_TOKEN_INFO info{};
};

Result<std::vector<FoundToken>> tokens_named(Module& module, const std::string& label) {
  auto slots = module.slots(true);
  if (!slots) return std::unexpected(std::move(slots).error());
  std::vector<FoundToken> found;
  for (const auto slot : *slots) {
    const auto info = module.token_info(slot);
    // A slot that answers with an error holds no token that could be ours.
    if (!info || (info->flags & CKF_TOKEN_INITIALIZED) == 0) continue;
    if (padded_text(info->label) == label) found.push_back({slot, *info});
  }
  return found;
}

Result<FoundToken> find_token(Module& module, const TokenOptions& options) {
  auto found = tokens_named(module, options.label);
  if (!found) return std::unexpected(std::move(found).error());
  if (!options.serial.empty()) {
    std::erase_if(*found, [&](const FoundToken& token) {
      return padded_text(token.info.serialNumber) != options.serial;
    });
  }
  const auto named = "token \"" + options.label + "\"" +
                     (options.serial.empty() ? "" : " with serial " + options.serial) + " in " +
                     options.module.string();
  if (found->empty()) return fail(api::kTokenUnavailable, "no " + named);
  if (found->size() > 1) return fail(api::kTokenUnavailable, "more than one " + named);
  return found->front();
}

Result<void> check_attempts_left(const CK_TOKEN_INFO& info, bool may_risk_pin) {
  if ((info.flags & CKF_USER_PIN_LOCKED) != 0) {
    return fail(api::kTokenLocked, "the token says that its user PIN is locked");
  }
  if ((info.flags & kFewAttempts) != 0 && !may_risk_pin) {
    return fail(api::kTokenLocked, "the token says that few PIN attempts are left");
  }
  return {};
}

Result<CK_SESSION_HANDLE> open_session(Module& module, CK_SLOT_ID slot) {
  CK_SESSION_HANDLE handle = 0;
  const CK_FLAGS flags = CKF_SERIAL_SESSION | CKF_RW_SESSION;
  CONCLAVE_TRY(module.call("C_OpenSession", &CK_FUNCTION_LIST::C_OpenSession, slot, flags, nullptr,
                           nullptr, &handle));
  return handle;
}

Result<void> login(Module& module, CK_SESSION_HANDLE session, CK_USER_TYPE user,
                   const base::Secret& pin) {
  return module.call("C_Login", &CK_FUNCTION_LIST::C_Login, session, user,
                     mutable_bytes(pin.view()), static_cast<CK_ULONG>(pin.view().size()));
}

}  // namespace

Token::Token(std::unique_ptr<Session> session) : session_(std::move(session)) {}

Token::~Token() {
  if (session_->open) {
    // Logging out first: SoftHSM keeps a login alive for other sessions of the process.
    session_->module->call_raw("C_Logout", &CK_FUNCTION_LIST::C_Logout, session_->handle);
    session_->module->call_raw("C_CloseSession", &CK_FUNCTION_LIST::C_CloseSession,
                               session_->handle);
  }
}

Result<std::unique_ptr<Token>> Token::open(const TokenOptions& options, const base::Secret& pin,
                                           bool may_risk_pin, CallWatch& watch) {
  auto module = Module::load(options.module, watch);
  if (!module) return std::unexpected(std::move(module).error());
  auto session = std::make_unique<Session>();
  session->module = std::move(*module);
  auto& loaded = *session->module;
  const auto found = find_token(loaded, options);
  if (!found) return std::unexpected(found.error());
  CONCLAVE_TRY(probe_mechanisms(loaded, found->slot, session->profile));
  CONCLAVE_TRY(check_attempts_left(found->info, may_risk_pin));
  const auto handle = open_session(loaded, found->slot);
  if (!handle) return std::unexpected(handle.error());
  session->handle = *handle;
  session->open = true;
  std::unique_ptr<Token> token(new Token(std::move(session)));
  CONCLAVE_TRY(login(loaded, *handle, CKU_USER, pin));
  token->facts_ = {options.module.string(),
                   padded_text(found->info.manufacturerID),
                   padded_text(found->info.label),
                   padded_text(found->info.serialNumber),
                   {}};
  CONCLAVE_TRY(
      probe_restrictions(loaded, *handle, token->session_->profile, token->facts_.warnings));
  CONCLAVE_TRY(token->index());
  // What failed while it was being tried out does not count against the token.
  static_cast<void>(loaded.take_consequence());
  return token;
}

bool Token::lost() {
  return session_->module->take_consequence() != Consequence::refused;
}

Result<void> Token::index() {
  Template wanted;
  wanted.flag(CKA_TOKEN, true);
  CONCLAVE_TRY(session_->call("C_FindObjectsInit", &CK_FUNCTION_LIST::C_FindObjectsInit,
                              wanted.data(), wanted.size()));
  std::vector<CK_OBJECT_HANDLE> objects;
  Result<void> searched;
  while (searched) {
    std::array<CK_OBJECT_HANDLE, kFindAtOnce> some{};
    CK_ULONG count = 0;
    searched = session_->call("C_FindObjects", &CK_FUNCTION_LIST::C_FindObjects, some.data(),
                              CK_ULONG{some.size()}, &count);
    if (!searched || count == 0) break;
    objects.insert(objects.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(count));
  }
  const auto ended = session_->call("C_FindObjectsFinal", &CK_FUNCTION_LIST::C_FindObjectsFinal);
  CONCLAVE_TRY(std::move(searched));
  CONCLAVE_TRY(ended);
  keys_.clear();
  for (const auto object : objects) {
    CK_OBJECT_CLASS type = 0;
    std::array<char, kMaxLabel> label{};
    std::array<CK_ATTRIBUTE, 2> read = {CK_ATTRIBUTE{CKA_CLASS, &type, sizeof(type)},
                                        CK_ATTRIBUTE{CKA_LABEL, label.data(), label.size()}};
    const auto got = session_->call("C_GetAttributeValue", &CK_FUNCTION_LIST::C_GetAttributeValue,
                                    object, read.data(), CK_ULONG{read.size()});
    if (!got || read[1].ulValueLen > label.size()) continue;  // not made by us
    auto& entry = keys_[std::string(label.data(), read[1].ulValueLen)];
    if (type == CKO_PUBLIC_KEY) {
      entry.public_half = KeyHandle{object};
    } else if (type == CKO_SECRET_KEY || type == CKO_PRIVATE_KEY) {
      entry.key = KeyHandle{object};
      ++entry.count;
    }
  }
  std::erase_if(keys_, [](const auto& entry) { return entry.second.count == 0; });
  return {};
}

Result<KeyHandle> Token::find(std::string_view label) const {
  const auto found = keys_.find(std::string(label));
  if (found == keys_.end()) return fail(api::kKeyMissing, std::string(label));
  if (found->second.count > 1) {
    // Somebody with the PIN put a second key beside ours: using either would be a guess.
    return fail(api::kKeyRequestRefused,
                "several keys in the token bear the label " + std::string(label));
  }
  return found->second.key;
}

bool Token::has(std::string_view label) const {
  return keys_.contains(std::string(label));
}

Result<std::string> make_token(const std::filesystem::path& file, const std::string& label,
                               const base::Secret& so_pin, const base::Secret& user_pin,
                               CallWatch& watch) {
  auto loaded = Module::load(file, watch);
  if (!loaded) return std::unexpected(std::move(loaded).error());
  auto& module = **loaded;
  const auto existing = tokens_named(module, label);
  if (!existing) return std::unexpected(existing.error());
  if (!existing->empty()) return fail(api::kKeyRequestRefused, "token \"" + label + "\" exists");
  const auto slots = module.slots(true);
  if (!slots) return std::unexpected(slots.error());
  for (const auto slot : *slots) {
    const auto info = module.token_info(slot);
    if (!info || (info->flags & CKF_TOKEN_INITIALIZED) != 0) continue;
    std::array<CK_UTF8CHAR, 32> padded{};
    padded.fill(' ');
    std::ranges::copy(std::string_view(label).substr(0, padded.size()), padded.begin());
    CONCLAVE_TRY(module.call("C_InitToken", &CK_FUNCTION_LIST::C_InitToken, slot,
                             mutable_bytes(so_pin.view()),
                             static_cast<CK_ULONG>(so_pin.view().size()), padded.data()));
    const auto session = open_session(module, slot);
    if (!session) return std::unexpected(session.error());
    CONCLAVE_TRY(login(module, *session, CKU_SO, so_pin));
    CONCLAVE_TRY(module.call("C_InitPIN", &CK_FUNCTION_LIST::C_InitPIN, *session,
                             mutable_bytes(user_pin.view()),
                             static_cast<CK_ULONG>(user_pin.view().size())));
    CONCLAVE_TRY(module.call("C_Logout", &CK_FUNCTION_LIST::C_Logout, *session));
    const auto made = module.token_info(slot);
    if (!made) return std::unexpected(made.error());
    return padded_text(made->serialNumber);
  }
  return fail(api::kTokenUnavailable, file.string() + " has no free slot for a new token");
}

Result<bool> token_exists(const std::filesystem::path& file, const std::string& label,
                          CallWatch& watch) {
  auto module = Module::load(file, watch);
  if (!module) return std::unexpected(std::move(module).error());
  const auto found = tokens_named(**module, label);
  if (!found) return std::unexpected(found.error());
  return !found->empty();
}

}  // namespace conclave::hsm::pkcs11
