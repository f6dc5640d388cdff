#include "runtime/identity/passwords.hpp"

#include <sodium.h>

#include <algorithm>
#include <memory>

#include "runtime/base/digest.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/identity/errors.hpp"

namespace conclave::identity {

namespace {

constexpr std::size_t kSaltSize = crypto_pwhash_SALTBYTES;
constexpr std::size_t kHashSize = 32;

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

struct Argon2 {
  Bytes salt;
  std::uint32_t passes = 0;
  std::uint32_t memory_kib = 0;
  base::Secret password;

  [[nodiscard]] Result<Bytes> run() const {
    Bytes out(kHashSize);
    const ByteView input = password.view();
    const int failed = crypto_pwhash(
        out.data(), out.size(), reinterpret_cast<const char*>(input.data()), input.size(),
        salt.data(), passes, std::size_t{memory_kib} * 1024, crypto_pwhash_ALG_ARGON2ID13);
    if (failed != 0) return fail(base::kInternal, "argon2id: out of memory");
    return out;
  }
};

}  // namespace

Result<void> Passwords::check_rules(ByteView password, std::string_view account) const {
  const std::string_view text = base::as_text(password);
  if (text.size() > parts_.rules.max_bytes) return fail(kPasswordWeak, "longer than 1024 bytes");
  if (!base::is_utf8(text)) return fail(kPasswordWeak, "not valid UTF-8");
  if (characters(text) < parts_.rules.min_length) {
    return fail(kPasswordWeak,
                "needs at least " + std::to_string(parts_.rules.min_length) + " characters");
  }
  if (!account.empty() && (text == account || text == account.substr(0, account.find('@')))) {
    return fail(kPasswordWeak, "is the account's name");
  }
  return {};
}

Task<Result<PasswordVerdict>> Passwords::judge(TenantId tenant, UserId user, std::string account,
                                               base::Secret password, SetBy by) {
  CONCLAVE_CO_TRY(check_rules(password.view(), account));
  if (judge_ == nullptr) co_return PasswordVerdict{};
  co_return co_await judge_->judge(tenant, user, std::move(password), by);
}

std::vector<store::Record> Passwords::rows(TenantId tenant, UserId user,
                                           const PasswordVerdict& verdict) const {
  return judge_ == nullptr ? std::vector<store::Record>{} : judge_->rows(tenant, user, verdict);
}

void Passwords::stored(TenantId tenant, UserId user, const PasswordVerdict& verdict) {
  if (judge_ != nullptr) judge_->stored(tenant, user, verdict);
}

Task<Result<Bytes>> Passwords::stretch(Bytes salt, base::Secret password) {
  co_return co_await hash(std::move(salt), parts_.rules.passes, parts_.rules.memory_kib,
                          std::move(password));
}

Task<Result<Bytes>> Passwords::hash(Bytes salt, std::uint32_t passes, std::uint32_t memory_kib,
                                    base::Secret password) {
  if (salt.size() != kSaltSize) co_return fail(base::kInternal, "salt");
  auto work =
      std::make_unique<Argon2>(Argon2{std::move(salt), passes, memory_kib, std::move(password)});
  async::BlockingPool& pool = parts_.pool;
  co_return co_await async::await_callback<Bytes>([&pool, &work](Callback<Bytes> done) {
    // Shared by the job and this refusal path: submit() destroys a job that it refuses.
    auto answer = std::make_shared<Callback<Bytes>>(std::move(done));
    const bool queued = pool.submit([answer, job = std::move(work)] { (*answer)(job->run()); });
    if (!queued) (*answer)(fail(kPasswordBusy));
  });
}

Task<Result<Bytes>> Passwords::tag(TenantId tenant, UserId user, Bytes salt, std::uint32_t passes,
                                   std::uint32_t memory_kib, base::Secret password) {
  auto hashed = co_await hash(std::move(salt), passes, memory_kib, std::move(password));
  if (!hashed) co_return std::unexpected(hashed.error());
  auto& keys = parts_.keys;
  co_return co_await async::await_callback<Bytes>(
      [&keys, tenant, user, &hashed](Callback<Bytes> done) {
        keys.password_mac(tenant, user, std::move(*hashed), std::move(done));
      });
}

Task<Result<Credential>> Passwords::make(TenantId tenant, UserId user, base::Secret password) {
  Credential out;
  out.user = user;
  out.salt = parts_.random.bytes(kSaltSize);
  out.passes = parts_.rules.passes;
  out.memory_kib = parts_.rules.memory_kib;
  auto made = co_await tag(tenant, user, out.salt, out.passes, out.memory_kib, std::move(password));
  if (!made) co_return std::unexpected(made.error());
  out.tag = std::move(*made);
  co_return out;
}

Task<Result<bool>> Passwords::matches(TenantId tenant, Credential credential,
                                      base::Secret password) {
  auto made = co_await tag(tenant, credential.user, credential.salt, credential.passes,
                           credential.memory_kib, std::move(password));
  if (!made) co_return std::unexpected(made.error());
  co_return base::equal_in_constant_time(*made, credential.tag);
}

Task<Result<bool>> Passwords::pretend(TenantId tenant, std::string account, base::Secret password) {
  // Salt and account id follow from the name, so that keyd's own limit an account works here too.
  const auto digest = base::sha256(account);
  base::ByteReader in(digest);
  const UserId nobody{in.u64() >> 1 | 1};
  Bytes salt(digest.begin(), digest.begin() + kSaltSize);
  auto made = co_await tag(tenant, nobody, std::move(salt), parts_.rules.passes,
                           parts_.rules.memory_kib, std::move(password));
  if (!made) co_return std::unexpected(made.error());
  co_return false;
}

}  // namespace conclave::identity
