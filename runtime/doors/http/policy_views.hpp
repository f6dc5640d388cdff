#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "runtime/doors/http/route.hpp"

// How policies and changes of them are shown.
namespace conclave::doors::http {

// The account's name where it is still known, else the id.
[[nodiscard]] std::string person(const Context& context, TenantId tenant, UserId user);
[[nodiscard]] boost::json::object view(const Context& context, const rules::Version& version);
// Who signed: user, device, parties, at_ms.
[[nodiscard]] boost::json::array signers(const Context& context, const rules::Evidence& evidence);
// As it stands now: what it does, who has to sign and who has. With `whole`, what has to be signed
// and the new document besides.
[[nodiscard]] boost::json::object view(const Context& context, const changes::Change& change,
                                       bool whole);
// {key, before, after, effect, order, signed_by} for each field that differs.
[[nodiscard]] boost::json::array view(std::span<const policy::Change> changes);
[[nodiscard]] boost::json::array names(policy::Parties parties);
// 200 with the version that is in force, 202 with the change that waits.
[[nodiscard]] Answer answer_of(const Context& context, const changes::Outcome& outcome);

}  // namespace conclave::doors::http
