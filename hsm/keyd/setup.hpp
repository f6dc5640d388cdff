#pragma once

#include "hsm/keyd/options.hpp"
#include "runtime/base/secret.hpp"

namespace conclave::hsm::keyd {

// `conclave-keyd init`: the state folders, the token with random PINs, the installation's keys, the
// authority's certificates, the pinned custodians. What is there already stays as it is, so that it
// may be run again. Prints what a person must keep (the SO PIN) once.
[[nodiscard]] Result<void> initialise(const Options& options);

// `conclave-keyd reset-anchor`: the next start takes the store as it finds it. Only where no
// custodians are pinned (kApprovalInvalid); theirs is the ceremony "anchor.reset".
[[nodiscard]] Result<void> accept_older_store(const Options& options);

// From the inherited descriptor, or from the configured file; blanks at the end are cut.
[[nodiscard]] Result<base::Secret> read_pin(const Options& options);

// Points SoftHSM at the state folder's configuration, if there is one: the token of this state and
// no other, whatever the environment says. Before any module is loaded and before any thread
// starts.
void set_module_environment(const config::StatePaths& paths);

}  // namespace conclave::hsm::keyd
