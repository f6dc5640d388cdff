#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "runtime/ctl/shell.hpp"

// Changes of policies that wait for signatures: what this device signs, and how they are shown.
namespace conclave::ctl {

// What the device's key signs for a change that the server told of, once its bytes fit what is
// shown of it: the id, the tenant's document in force, the new one and what it does, all computed
// here. `wanted`: the document that the caller means to sign; empty: what the change shows.
// kChangeNotSigned.
[[nodiscard]] Result<Bytes> statement_of(const boost::json::object& change,
                                         const std::string& wanted);
// Signs it and tells the server. Its answer: a version in force, or the change that goes on
// waiting.
[[nodiscard]] Result<boost::json::object> sign_change(Shell& shell,
                                                      const boost::json::object& change,
                                                      const std::string& wanted);
// Puts the names of those who signed where a table looks for them: `signed_by`.
void name_signers(boost::json::object& shown);
// What became of a change, for people: in force as a version, or what it waits for.
void print_outcome(Shell& shell, boost::json::object outcome);

}  // namespace conclave::ctl
