#include "runtime/config/key_builder.hpp"

namespace conclave::config {
namespace {

void add_connection_limits(std::vector<Key<Config>>& list) {
  constexpr auto limits = &Config::limits;
  list.push_back(key<limits, &Limits::frame_bytes>("limits.frame_bytes", "bytes",
                                                   IntegerRule{4 * kKiB, kMiB},
                                                   "Largest WebSocket message a client may send."));
  list.push_back(key<limits, &Limits::http_body_bytes>("limits.http_body_bytes", "bytes",
                                                       IntegerRule{kKiB, 64 * kMiB},
                                                       "Largest body of an HTTP request."));
  list.push_back(key<limits, &Limits::http_header_bytes>("limits.http_header_bytes", "bytes",
                                                         IntegerRule{kKiB, 64 * kKiB},
                                                         "Largest head of an HTTP request."));
  list.push_back(key<limits, &Limits::send_queue_bytes>(
      "limits.send_queue_bytes", "bytes", IntegerRule{64 * kKiB, 16 * kMiB},
      "What may wait for a slow client before it is told to read the log itself (sync.lagged)."));
  list.push_back(key<limits, &Limits::connections>("limits.connections", "connections",
                                                   IntegerRule{8, kMillion},
                                                   "Open connections of the whole server."));
  list.push_back(key<limits, &Limits::connections_per_address>(
      "limits.connections_per_address", "connections", IntegerRule{1, kMillion},
      "Open connections from one address."));
  list.push_back(key<limits, &Limits::connections_per_user>("limits.connections_per_user",
                                                            "connections", IntegerRule{1, 10'000},
                                                            "Open sessions of one user."));
  list.push_back(key<limits, &Limits::connections_per_tenant>(
      "limits.connections_per_tenant", "connections", IntegerRule{1, kMillion},
      "Open sessions of one tenant."));
  list.push_back(key<limits, &Limits::handshakes_at_once>(
      "limits.handshakes_at_once", "handshakes", IntegerRule{1, 10'000},
      "TLS handshakes running or waiting; more are refused."));
  list.push_back(key<limits, &Limits::new_connections_per_address_per_s>(
      "limits.new_connections_per_address_per_s", "connections/s", IntegerRule{1, kMillion},
      "New connections from one address."));
  list.push_back(key<limits, &Limits::handshake_ms>("limits.handshake_ms", "ms",
                                                    IntegerRule{500, 120'000},
                                                    "TLS handshake and HTTP head together."));
  list.push_back(key<limits, &Limits::idle_ms>(
      "limits.idle_ms", "ms", IntegerRule{1'000, 3'600'000},
      "A connection that sends nothing and answers no ping is closed after it."));
  list.push_back(key<limits, &Limits::ping_after_ms>(
      "limits.ping_after_ms", "ms", IntegerRule{500, 3'600'000},
      "Silence after which the server pings; less than limits.idle_ms."));
  list.push_back(
      key<limits, &Limits::write_ms>("limits.write_ms", "ms", IntegerRule{500, 600'000},
                                     "A write without progress ends the connection after it."));
  list.push_back(key<limits, &Limits::sign_in_ms>("limits.sign_in_ms", "ms",
                                                  IntegerRule{1'000, 600'000},
                                                  "Time from connecting to being signed in."));
  list.push_back(
      key<limits, &Limits::drain_ms>("limits.drain_ms", "ms", IntegerRule{0, 600'000},
                                     "Over how long sessions are closed when the server stops."));
}

void add_use_limits(std::vector<Key<Config>>& list) {
  constexpr auto limits = &Config::limits;
  list.push_back(key<limits, &Limits::body_bytes>(
      "limits.body_bytes", "bytes", IntegerRule{256, 64 * kKiB}, "Largest text of a message."));
  list.push_back(key<limits, &Limits::in_flight>("limits.in_flight", "requests", IntegerRule{1, 32},
                                                 "Unanswered requests of one session."));
  list.push_back(key<limits, &Limits::page_entries>("limits.page_entries", "entries",
                                                    IntegerRule{10, 500}, "Entries of one page."));
  list.push_back(key<limits, &Limits::page_bytes>(
      "limits.page_bytes", "bytes", IntegerRule{32 * kKiB, 4 * kMiB}, "Size of one page."));
  list.push_back(key<limits, &Limits::room_members>(
      "limits.room_members", "members", IntegerRule{2, 100'000}, "Members of one room."));
  list.push_back(key<limits, &Limits::rooms_per_user>(
      "limits.rooms_per_user", "rooms", IntegerRule{1, 100'000}, "Rooms of one user."));
  list.push_back(key<limits, &Limits::messages_per_user_per_s>(
      "limits.messages_per_user_per_s", "messages/s", IntegerRule{1, kMillion},
      "Messages of one user, sustained; bursts of four seconds' worth pass."));
  list.push_back(key<limits, &Limits::messages_per_tenant_per_s>(
      "limits.messages_per_tenant_per_s", "messages/s", IntegerRule{1, 10 * kMillion},
      "Messages of one tenant, sustained."));
  list.push_back(key<limits, &Limits::requests_per_session_per_s>(
      "limits.requests_per_session_per_s", "requests/s", IntegerRule{1, kMillion},
      "Requests of one session, sustained."));
  list.push_back(key<limits, &Limits::uncommitted_entries>(
      "limits.uncommitted_entries", "entries", IntegerRule{64, kMillion},
      "Entries on their way to the disk above which sockets are not read."));
  list.push_back(key<limits, &Limits::uncommitted_bytes>(
      "limits.uncommitted_bytes", "bytes", IntegerRule{256 * kKiB, kGiB}, "The same in bytes."));
}

}  // namespace

void add_limit_keys(std::vector<Key<Config>>& list) {
  add_connection_limits(list);
  add_use_limits(list);
}

}  // namespace conclave::config
