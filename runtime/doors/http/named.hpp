#pragma once

#include <utility>

#include "runtime/doors/http/route.hpp"

namespace conclave::doors::http {

// What a path below /tenants/{tenant}/ names.
template <class Id>
struct Named {
  TenantId tenant;
  Id id;
};

// The tenant of the path's first part, then what `find(tenant, text)` makes of its second.
template <class Id, class Find>
Result<Named<Id>> named(const Context& context, const Call& call, Find find) {
  auto tenant = context.services.administration.resolve_tenant(call.actor, call.path[0]);
  if (!tenant) return std::unexpected(std::move(tenant).error());
  Result<Id> id = find(*tenant, call.path[1]);
  if (!id) return std::unexpected(std::move(id).error());
  return Named<Id>{*tenant, *id};
}

}  // namespace conclave::doors::http
