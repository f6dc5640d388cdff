#pragma once

#include <span>
#include <string>

#include "runtime/identity/connection_facts.hpp"
#include "runtime/identity/transcript.hpp"

namespace conclave::identity {

// What a signature over this connection must be bound to, for the type that the client chose (keys
// contract, K4). `origins` are those of web pages that may sign in beside the server's own.
// kBindingRefused when the connection does not have it.
[[nodiscard]] Result<BindingValue> binding_of(const std::string& type, const ConnectionFacts& facts,
                                              std::span<const std::string> origins);

}  // namespace conclave::identity
