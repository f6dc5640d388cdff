#include "hsm/keyd/service.hpp"

#include "runtime/base/random.hpp"

namespace conclave::hsm::keyd {
namespace {

// Leaves room for 2^40 references before two processes' ranges could meet by chance.
std::uint64_t first_reference() {
  return base::system_random().id_value() & ~0xffffffffffULL;
}

}  // namespace

Service::Service(const Options& options_, TokenKeeper& keeper_, keyring::Keyring& keyring_,
                 Usage& usage_, const base::Clock& clock_)
    : options(options_),
      keeper(keeper_),
      keyring(keyring_),
      usage(usage_),
      clock(clock_),
      content_keys(options_.config.keyd.content_keys, first_reference(),
                   [this](pkcs11::KeyHandle key) { keeper.token().release(key); }) {}

}  // namespace conclave::hsm::keyd
