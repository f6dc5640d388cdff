#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/admission/sign_in.hpp"
#include "runtime/sync/hub.hpp"
#include "runtime/wire/types.hpp"
#include "sdk/protocol/methods.hpp"

// What the I/O threads and the shard know of a connection, and what they send each other.
namespace conclave::doors::native {

// A place in the table of one I/O thread; whoever has the place later has another generation.
struct ConnectionRef {
  std::uint16_t station = 0;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
};

enum class Stage : std::uint8_t {
  stranger,    // not signed in
  signing_in,  // one attempt is under way
  ready,
  ended,  // the session was revoked, replaced or signed out; the socket is being closed
  gone,   // the socket is closed
};

struct PendingClose {
  wire::CloseCode code{};
  std::string reason;
};

// Shared by the connection, by its requests on their way and by the shard's coroutines that answer
// them: whichever ends last. The first part never changes; the second is the shard thread's.
struct Link {
  Link(ConnectionRef at, identity::ConnectionFacts known, Bytes hello)
      : ref(at), facts(std::move(known)), nonce(std::move(hello)) {}

  const ConnectionRef ref;
  const identity::ConnectionFacts facts;
  const Bytes nonce;  // nonce_s of session.hello

  Stage stage = Stage::stranger;
  identity::Actor actor;  // once ready
  // Requests that end the caller's own session: their answer goes out before the close.
  std::size_t farewells = 0;
  std::optional<PendingClose> close_after_farewell;
};

// ---- I/O thread to shard
// ----------------------------------------------------------------------------

struct Request {
  std::shared_ptr<Link> link;
  std::string id;  // JSON text
  sdk::protocol::Method method{};
  sdk::protocol::Params params;
  std::int64_t received_us = 0;  // monotonic
};
struct Gone {
  std::shared_ptr<Link> link;
};
using Inbound = std::variant<Request, Gone>;

// ---- shard to I/O thread
// ----------------------------------------------------------------------------

struct Reply {
  ConnectionRef to;
  std::string frame;
  bool signed_in = false;  // from this answer on the connection is a session's
  bool proof_awaited = false;  // the sign-in goes on when its person has shown one more proof
};
struct Push {
  wire::SharedFrame frame;  // one for all receivers
  std::vector<ConnectionRef> to;
  sync::Urgency urgency = sync::Urgency::log;
  // sync.lagged and server.draining: for lagging connections as well.
  bool control = false;
};
struct Close {
  ConnectionRef to;
  PendingClose why;
};
// Stop or go on reading from every connection of the thread.
struct Reading {
  bool allowed = true;
};
using Outbound = std::variant<Reply, Push, Close, Reading>;

}  // namespace conclave::doors::native
