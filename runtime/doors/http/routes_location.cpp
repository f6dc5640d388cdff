#include <array>

#include "runtime/doors/http/fields.hpp"
#include "runtime/doors/http/route.hpp"

// The files that addresses are looked up in: for the provider's people.
namespace conclave::doors::http {

namespace {

namespace json = boost::json;
using evidence::SourceFile;
using signals::Trait;

std::string_view kind_text(SourceFile::Kind kind) {
  switch (kind) {
    case SourceFile::Kind::database:
      return "database";
    case SourceFile::Kind::as_ranges:
      return "as_ranges";
    case SourceFile::Kind::list:
      break;
  }
  return "list";
}

json::array traits_of(const signals::Traits& traits) {
  struct Name {
    Trait trait;
    std::string_view text;
  };
  constexpr Name kNames[] = {{Trait::vpn, "vpn"},
                             {Trait::proxy, "proxy"},
                             {Trait::tor, "tor"},
                             {Trait::hosting, "hosting"},
                             {Trait::mobile, "mobile"},
                             {Trait::carrier_nat, "carrier_nat"},
                             {Trait::shared_egress, "shared_egress"},
                             {Trait::satellite, "satellite"}};
  json::array out;
  for (const Name& name : kNames) {
    if (traits.has(name.trait)) out.push_back(json::string(name.text));
  }
  return out;
}

json::object view(const evidence::SourceStatus& status, std::int64_t now_ms) {
  constexpr std::int64_t kMsPerS = 1'000;
  json::object out{{"file", status.path.string()},
                   {"kind", kind_text(status.kind)},
                   {"traits", traits_of(status.traits)},
                   {"loaded", status.loaded},
                   {"entries", status.entries},
                   {"error", status.error}};
  if (!status.loaded) return out;
  out["built_ms"] = status.built_at_s * kMsPerS;
  out["loaded_ms"] = status.loaded_at_s * kMsPerS;
  out["age_days"] = (now_ms / kMsPerS - status.built_at_s) / 86'400;
  return out;
}

Task<Result<Answer>> sources(Context context, Call call) {
  CONCLAVE_CO_TRY(context.services.administration.authorise_provider(call.actor, true));
  json::array out;
  if (context.services.location != nullptr) {
    for (const auto& status : context.services.location->status())
      out.push_back(view(status, context.services.clock.utc_ms()));
  }
  co_return Answer{{{"sources", std::move(out)}}};
}

constexpr std::array kRoutes{
    Route{"GET", "/api/v1/location/sources", Access::session, sources},
};

}  // namespace

std::span<const Route> location_routes() {
  return kRoutes;
}

}  // namespace conclave::doors::http
