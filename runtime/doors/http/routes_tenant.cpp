#include <array>

#include "runtime/doors/http/errors.hpp"
#include "runtime/doors/http/fields.hpp"
#include "runtime/doors/http/named.hpp"
#include "runtime/doors/http/route.hpp"
#include "runtime/doors/http/views.hpp"
#include "runtime/identity/errors.hpp"

// Tenants, their devices, sessions and rooms.
namespace conclave::doors::http {

namespace {

constexpr identity::RoleSet kRoomAdmins{identity::Role::room_admin};
constexpr identity::RoleSet kRoomReaders{identity::Role::room_admin, identity::Role::auditor};

Task<Result<Answer>> list_tenants(Context context, Call call) {
  auto tenants = context.services.administration.list_tenants(call.actor);
  if (!tenants) co_return std::unexpected(tenants.error());
  co_return Answer{list_of("tenants", *tenants)};
}

Task<Result<Answer>> create_tenant(Context context, Call call) {
  Fields in(std::move(call.body));
  std::string domain = in.text("domain");
  CONCLAVE_CO_TRY(in.finish());
  auto made = co_await context.services.administration.create_tenant(call.actor, std::move(domain));
  if (!made) co_return std::unexpected(made.error());
  co_return Answer{view(*context.services.directory.tenant(*made)), 201};
}

Task<Result<Answer>> get_tenant(Context context, Call call) {
  auto tenant = context.services.administration.resolve_tenant(call.actor, call.path[0]);
  if (!tenant) co_return std::unexpected(tenant.error());
  co_return Answer{view(*context.services.directory.tenant(*tenant))};
}

Task<Result<Answer>> delete_tenant(Context context, Call call) {
  auto tenant = context.services.administration.resolve_tenant(call.actor, call.path[0]);
  if (!tenant) co_return std::unexpected(tenant.error());
  CONCLAVE_CO_TRY(co_await context.services.administration.delete_tenant(call.actor, *tenant));
  co_return Answer{};
}

Result<Named<DeviceId>> named_device(const Context& context, const Call& call) {
  return named<DeviceId>(context, call, [](TenantId, std::string_view text) -> Result<DeviceId> {
    const auto device = base::parse_id<DeviceId>(text);
    if (!device) return fail(identity::kDeviceNotFound);
    return *device;
  });
}

Task<Result<Answer>> remove_device(Context context, Call call) {
  auto named = named_device(context, call);
  if (!named) co_return std::unexpected(named.error());
  CONCLAVE_CO_TRY(co_await context.services.administration.remove_device(call.actor, named->tenant,
                                                                         named->id));
  co_return Answer{};
}

Task<Result<Answer>> sign_out_device(Context context, Call call) {
  auto named = named_device(context, call);
  if (!named) co_return std::unexpected(named.error());
  CONCLAVE_CO_TRY(co_await context.services.administration.sign_out_device(
      call.actor, named->tenant, named->id));
  co_return Answer{};
}

Task<Result<Answer>> list_sessions(Context context, Call call) {
  auto& administration = context.services.administration;
  auto tenant = administration.resolve_tenant(call.actor, call.path[0]);
  if (!tenant) co_return std::unexpected(tenant.error());
  auto sessions = administration.list_sessions(call.actor, *tenant);
  if (!sessions) co_return std::unexpected(sessions.error());
  co_return Answer{list_of("sessions", *sessions)};
}

Task<Result<Answer>> end_session(Context context, Call call) {
  auto& administration = context.services.administration;
  auto tenant = administration.resolve_tenant(call.actor, call.path[0]);
  if (!tenant) co_return std::unexpected(tenant.error());
  auto session = base::parse_id<SessionId>(call.path[1]);
  if (!session) co_return fail(identity::kSessionNotFound);
  CONCLAVE_CO_TRY(co_await administration.end_session(call.actor, *tenant, *session));
  co_return Answer{};
}

Task<Result<Answer>> list_rooms(Context context, Call call) {
  auto& administration = context.services.administration;
  auto tenant = administration.resolve_tenant(call.actor, call.path[0]);
  if (!tenant) co_return std::unexpected(tenant.error());
  CONCLAVE_CO_TRY(administration.authorise(call.actor, *tenant, kRoomReaders));
  auto limit = page_limit(call);
  if (!limit) co_return std::unexpected(limit.error());
  RoomId after;
  if (const auto given = call.query.find("after"); given != call.query.end()) {
    auto parsed = base::parse_id<RoomId>(given->second);
    if (!parsed) co_return fail(kParamsInvalid, "after: must be a room's id");
    after = *parsed;
  }
  auto rooms = co_await context.services.rooms.list_rooms(call.actor, *tenant, after, *limit);
  if (!rooms) co_return std::unexpected(rooms.error());
  co_return Answer{list_of("rooms", *rooms)};
}

Result<Named<RoomId>> named_room(const Context& context, const Call& call,
                                 identity::RoleSet roles) {
  const auto find = [&](TenantId tenant, std::string_view text) -> Result<RoomId> {
    CONCLAVE_TRY(context.services.administration.authorise(call.actor, tenant, roles));
    const auto room = base::parse_id<RoomId>(text);
    if (!room) return fail(kParamsInvalid, "room: must be a room's id");
    return *room;
  };
  return named<RoomId>(context, call, find);
}

Task<Result<Answer>> room_members(Context context, Call call) {
  auto named = named_room(context, call, kRoomReaders);
  if (!named) co_return std::unexpected(named.error());
  auto members =
      co_await context.services.rooms.room_members(call.actor, named->tenant, named->id);
  if (!members) co_return std::unexpected(members.error());
  co_return Answer{list_of("members", *members)};
}

Task<Result<Answer>> delete_room(Context context, Call call) {
  auto named = named_room(context, call, kRoomAdmins);
  if (!named) co_return std::unexpected(named.error());
  CONCLAVE_CO_TRY(
      co_await context.services.rooms.delete_room(call.actor, named->tenant, named->id));
  const identity::Actor& by = call.actor;
  CONCLAVE_CO_TRY(co_await context.services.writer.record({named->tenant,
                                                           by.user,
                                                           by.tenant,
                                                           by.device,
                                                           "room.deleted",
                                                           base::to_text(named->id),
                                                           {}}));
  co_return Answer{};
}

constexpr std::array kRoutes{
    Route{"GET", "/api/v1/tenants", Access::session, list_tenants},
    Route{"POST", "/api/v1/tenants", Access::session, create_tenant},
    Route{"GET", "/api/v1/tenants/{tenant}", Access::session, get_tenant},
    Route{"DELETE", "/api/v1/tenants/{tenant}", Access::session, delete_tenant},
    Route{"DELETE", "/api/v1/tenants/{tenant}/devices/{device}", Access::session, remove_device},
    Route{"POST", "/api/v1/tenants/{tenant}/devices/{device}/sign-out", Access::session,
          sign_out_device},
    Route{"GET", "/api/v1/tenants/{tenant}/sessions", Access::session, list_sessions},
    Route{"DELETE", "/api/v1/tenants/{tenant}/sessions/{session}", Access::session, end_session},
    Route{"GET", "/api/v1/tenants/{tenant}/rooms", Access::session, list_rooms},
    Route{"GET", "/api/v1/tenants/{tenant}/rooms/{room}/members", Access::session, room_members},
    Route{"DELETE", "/api/v1/tenants/{tenant}/rooms/{room}", Access::session, delete_room},
};

}  // namespace

std::span<const Route> tenant_routes() {
  return kRoutes;
}

}  // namespace conclave::doors::http
