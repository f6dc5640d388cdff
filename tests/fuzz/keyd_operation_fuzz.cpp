#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "hsm/keyd/operation.hpp"
#include "hsm/keyd/service.hpp"
#include "hsm/keyd/setup.hpp"
#include "hsm/keyring/keyring.hpp"

namespace keyd = conclave::hsm::keyd;
namespace api = conclave::hsm::api;
namespace base = conclave::base;

namespace {

constexpr conclave::TenantId kTenant{11};

void need(const conclave::Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().text());
}

// keyd's service over a SoftHSM token of its own, without sockets and threads.
class Bench {
 public:
  Bench() : options_(options()) {
    need(keyd::initialise(options_));
    keyd::set_module_environment(options_.paths);
    auto keyring = conclave::hsm::keyring::Keyring::open({options_.paths.keyring_db, 64, 0});
    if (!keyring) throw std::runtime_error(keyring.error().text());
    keyring_ = std::move(*keyring);
    auto pin = keyd::read_pin(options_);
    const auto serial = keyring_->file().meta(keyd::facts::kTokenSerial);
    if (!pin || !serial || !*serial) throw std::runtime_error("no token");
    keeper_ = std::make_unique<keyd::TokenKeeper>(options_, std::move(*pin), **serial, watch_);
    if (!keeper_->try_open(0)) throw std::runtime_error(keeper_->reason());
    keyring_->lend(keeper_->token());
    service_ = std::make_unique<keyd::Service>(options_, *keeper_, *keyring_, usage_,
                                               base::system_clock());
    base::ByteWriter tenant;
    tenant.u64(kTenant.value);
    perform(api::Operation::create_tenant, tenant.bytes());
  }
  ~Bench() {
    service_->forget_handles();
    keeper_->shut();
    std::error_code ignored;  // a folder that cannot be removed lies in the temporary folder
    std::filesystem::remove_all(options_.paths.root, ignored);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void perform(api::Operation operation, conclave::ByteView payload) {
    const auto* entry = keyd::find_operation(static_cast<std::uint8_t>(operation));
    if (entry == nullptr) return;
    base::ByteWriter out;
    keyd::Call call{
        .in = base::ByteReader(payload), .out = out, .tenant = {}, .weight = 1, .more = {}};
    const auto done = entry->handler(*service_, call);
    if (!done && done.error().reason().empty()) std::abort();
    if (keeper_->token().lost()) std::abort();  // no request may cost us the token
  }

 private:
  static keyd::Options options() {
    auto pattern = (std::filesystem::temp_directory_path() / "conclave-fuzz-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    const std::filesystem::path state = pattern;
    std::ofstream(state / "conclave.toml") << "\n";
    auto config = conclave::config::load(state / "conclave.toml");
    if (!config) throw std::runtime_error("conclave.toml");
    keyd::Options out;
    out.config = std::move(*config);
    out.paths = conclave::config::StatePaths(out.config.state);
    return out;
  }

  keyd::Options options_;
  conclave::hsm::pkcs11::CallWatch watch_;
  std::unique_ptr<conclave::hsm::keyring::Keyring> keyring_;
  std::unique_ptr<keyd::TokenKeeper> keeper_;
  keyd::Usage usage_;
  std::unique_ptr<keyd::Service> service_;
};

// These make token keys or copy the whole keyring each time: slow, and their requests are one
// number that keyd_request reads as well.
bool is_heavy(api::Operation operation) {
  return operation == api::Operation::create_tenant || operation == api::Operation::turn_epoch ||
         operation == api::Operation::copy_keyring;
}

Bench& bench() {
  static Bench made;
  return made;
}

}  // namespace

// Making a token takes seconds on a busy disk, which is no input's fault.
extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  (void)bench();
  return 0;
}

// A compromised conclaved: the first byte is the operation, the rest its request. Every one is
// answered or refused with a reason, and the token stays usable.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto operation = static_cast<api::Operation>(data[0]);
  if (is_heavy(operation)) return 0;
  bench().perform(operation, conclave::ByteView(data, size).subspan(1));
  return 0;
}
