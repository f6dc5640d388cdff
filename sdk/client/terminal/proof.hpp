#pragma once

#include "sdk/client/client.hpp"
#include "sdk/client/terminal/commands.hpp"

namespace conclave::client::terminal {

// Why a sign-in was refused or needs more, in sentences, on standard error.
void print_reasons(const Error& error);

// While the sign-in asks for one more proof: asks the person for a code, or shows what has to be
// typed on the primary device and waits for it. The first error that is not another question.
[[nodiscard]] Result<void> prove_more(Client& client, const Request& request, Error asked);

}  // namespace conclave::client::terminal
