#include "runtime/identity/bootstrap.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "runtime/base/encoding.hpp"
#include "runtime/base/secret.hpp"
#include "runtime/identity/errors.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::identity {

namespace {

constexpr std::size_t kSecretBytes = 20;
constexpr int kWrongTries = 5;

Result<void> write_private(const std::filesystem::path& file, const std::string& text) {
  std::error_code ignored;  // absent is as good as removed
  std::filesystem::remove(file, ignored);
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return fail(base::kInternal, "cannot write " + file.string());
  const ssize_t written = ::write(fd, text.data(), text.size());
  const bool closed = ::close(fd) == 0;
  if (written != static_cast<ssize_t>(text.size()) || !closed) {
    return fail(base::kInternal, "cannot write " + file.string());
  }
  return {};
}

}  // namespace

Task<Result<void>> Bootstrap::start(std::string provider_domain) {
  Directory& directory = parts_.directory;
  if (directory.provider() == nullptr) {
    // A store that holds rows but no sound provider is damaged, not new: no fresh powers then.
    if (!directory.was_empty()) co_return fail(kRowRefused, "the provider's tenant");
    auto made = co_await parts_.administration.make_tenant({}, std::move(provider_domain), true);
    if (!made) co_return std::unexpected(made.error());
  }
  const TenantId provider = directory.provider()->id;
  for (const User* user : directory.users(provider)) {
    if (directory.roles_of(provider, user->id).has(Role::provider_admin)) {
      co_return Result<void>{};
    }
  }
  if (directory.refused_rows() != 0) {
    observe::error("alarm.setup_withheld", {{"refused_rows", directory.refused_rows()}});
    co_return Result<void>{};
  }
  co_return issue_secret();
}

Result<void> Bootstrap::issue_secret() {
  std::string text = base::base64url_encode(parts_.random.bytes(kSecretBytes));
  digest_ = base::sha256(text);
  expires_ms_ = parts_.clock.monotonic_ms() + parts_.life_ms;
  wrong_ = 0;
  const auto written = write_private(parts_.secret_file, text + "\n");
  base::wipe(text);
  if (!written) {
    digest_.reset();
    return written;
  }
  observe::info("setup.secret_written", {{"path", parts_.secret_file.string()}});
  return {};
}

void Bootstrap::burn() {
  digest_.reset();
  std::error_code ignored;  // the secret is worthless now, with or without its file
  std::filesystem::remove(parts_.secret_file, ignored);
}

bool Bootstrap::pending() const {
  return digest_.has_value() && parts_.clock.monotonic_ms() <= expires_ms_;
}

Task<Result<UserId>> Bootstrap::complete(std::string secret, std::string name,
                                         base::Secret password) {
  if (!pending()) {
    burn();
    co_return fail(kSetupRefused);
  }
  const base::Sha256 given = base::sha256(secret);
  base::wipe(secret);
  if (!base::equal_in_constant_time(given, *digest_)) {
    if (++wrong_ >= kWrongTries) burn();
    co_return fail(kSetupRefused);
  }
  // Taken before the first wait, so that it cannot be used twice; given back when nothing was made.
  const base::Sha256 kept = *std::exchange(digest_, std::nullopt);
  NewUser user;
  user.name = std::move(name);
  user.roles =
      RoleSet{Role::provider_admin, Role::user_admin, Role::security_admin, Role::room_admin};
  user.password = std::move(password);
  auto made = co_await parts_.administration.make_user({}, parts_.directory.provider()->id,
                                                       std::move(user));
  if (!made) {
    digest_ = kept;
    co_return made;
  }
  burn();
  observe::info("setup.completed", {{"user", *made}});
  co_return made;
}

}  // namespace conclave::identity
