#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/schema/problems.hpp"

// The configuration: one TOML file, typed, validated as a whole before anything starts. Secrets are
// never values in it, only paths of files that hold them. Times are milliseconds unless the name
// says otherwise. The defaults here are the ones that the example file shows; bounds and
// descriptions are in schema.cpp.
namespace conclave::config {

struct Server {
  std::string name = "conclave";                   // shown to clients and in certificates
  std::string provider_domain = "provider.local";  // domain of the provider tenant's accounts
};

struct Listen {
  std::string address = "127.0.0.1";  // IPv4 or IPv6 in text form
  std::uint16_t port = 8443;          // 0: any free one; STATE/run/ports.json says which
  bool tls = true;                    // false only on a loopback address
  // Addresses and networks of load balancers in front; what each may say is in schema.cpp.
  std::vector<std::string> proxy_protocol_from = {};
  bool proxy_strangers = false;
  std::vector<std::string> forwarded_for_from = {};
  bool client_certificates = false;  // clients are asked for one; only with tls
};

struct Tls {
  // Names and addresses of the certificate that keyd issues; text form, IP addresses included.
  std::vector<std::string> names = {"localhost", "127.0.0.1", "::1"};
  // A certificate of the operator's own over the token's `tls` key (PEM, leaf first); empty: keyd
  // issues.
  std::filesystem::path certificate_file;
};

struct Limits {
  std::size_t frame_bytes = 64 * 1024;
  std::size_t http_body_bytes = 1024 * 1024;
  std::size_t http_header_bytes = 16 * 1024;
  std::size_t send_queue_bytes = 256 * 1024;
  std::size_t connections = 15'000;
  std::size_t connections_per_address = 10'000;
  std::size_t connections_per_user = 64;
  std::size_t connections_per_tenant = 10'000;
  std::size_t handshakes_at_once = 64;
  std::size_t new_connections_per_address_per_s = 500;
  std::size_t handshake_ms = 10'000;
  std::size_t idle_ms = 120'000;
  std::size_t ping_after_ms = 45'000;
  std::size_t write_ms = 20'000;
  std::size_t sign_in_ms = 30'000;     // from hello to being signed in
  std::size_t drain_ms = 5'000;        // spread of closing sessions at SIGTERM
  std::size_t body_bytes = 16 * 1024;  // of a message
  std::size_t in_flight = 32;          // requests of one session
  std::size_t page_entries = 200;
  std::size_t page_bytes = 256 * 1024;
  std::size_t room_members = 5'000;
  std::size_t rooms_per_user = 2'000;
  std::size_t messages_per_user_per_s = 50;  // sustained; bursts of four seconds' worth pass
  std::size_t messages_per_tenant_per_s = 20'000;
  std::size_t requests_per_session_per_s = 200;
  std::size_t uncommitted_entries = 4'096;  // above either, sockets are not read
  std::size_t uncommitted_bytes = 8 * 1024 * 1024;
};

struct Threads {
  std::size_t io = 1;
  std::size_t argon2 = 2;
  std::size_t handshakes = 2;
  std::size_t readers = 2;  // read-only connections of the store
};

struct Keyd {
  std::filesystem::path module = "/usr/lib/softhsm/libsofthsm2.so";  // PKCS#11 module
  std::string token_label = "conclave";
  std::filesystem::path pin_file;    // empty: STATE/token/pin; opened by the launcher only
  std::size_t deadline_ms = 2'000;   // of one token call
  std::size_t content_keys = 4'096;  // loaded at once
  std::size_t memory_bytes = 512 * 1024 * 1024;  // keyd restarts itself above it
  std::size_t epoch_grace_ms = 86'400'000;       // before an old epoch key may be destroyed
  std::size_t orders_per_hour = 30;              // to devices of one tenant
  std::size_t order_wait_minutes = 60;           // before a new device or admin may give orders
};

struct Log {
  std::string level = "info";  // debug, info, warning, error
};

struct Store {
  std::size_t journal_drain_ms = 300'000;  // at the latest
  std::size_t journal_entries = 20'000;    // drained before it grows longer
  std::size_t cache_bytes = 64 * 1024 * 1024;
  std::size_t receipts_flush_ms = 5'000;
  std::size_t tombstone_days = 90;
};

struct SignIn {
  std::size_t access_minutes = 5;
  std::size_t resume_minutes = 10;
  std::size_t nonce_ms = 30'000;
  std::size_t failures_per_address_per_minute = 30;
  std::size_t failures_per_account_per_minute =
      10;  // of unknown devices; known ones have their own bucket
  std::size_t failures_per_tenant_per_minute = 600;
  std::size_t setup_minutes = 10;  // life of the one-time setup secret
  std::vector<std::string> origins = {};
  std::string attestation_roots = {};
};

// Files that addresses are looked up in; relative paths start at the folder of the file. A list
// file stands under each trait that its addresses, networks or AS numbers have.
struct Location {
  std::vector<std::string> databases;  // MaxMind format
  std::vector<std::string> as_ranges;  // "first,last,AS number,name"
  std::vector<std::string> vpn;
  std::vector<std::string> proxy;
  std::vector<std::string> tor;
  std::vector<std::string> hosting;
  std::vector<std::string> mobile;
  std::vector<std::string> carrier_nat;
  std::vector<std::string> shared_egress;
  std::vector<std::string> satellite;
  std::string server_place;  // "50.11, 8.68"; empty: not said
  std::size_t reload_s = 60;
};

struct Password {
  std::size_t min_length = 10;                  // characters
  std::size_t argon2_passes = 2;                // Argon2id opslimit
  std::size_t argon2_bytes = 19 * 1024 * 1024;  // Argon2id memlimit
};

struct Policy {
  std::string default_policy = "standard";  // of tenants that have set none
  std::size_t signatures = 2;               // people who sign a change that weakens
  std::size_t user_signatures = 3;          // users beside them where a field asks them
};

struct Config {
  std::filesystem::path file;   // the file it was read from, absolute; not a key
  std::filesystem::path state;  // absolute; default: the folder of `file`
  Server server;
  std::vector<Listen> listen = {Listen{}};
  Tls tls;
  Limits limits;
  Threads threads;
  Keyd keyd;
  Log log;
  Store store;
  SignIn sign_in;
  Password password;
  Policy policy;
  Location location;
};

struct Coordinates {  // degrees, north and east positive
  double latitude = 0;
  double longitude = 0;
};
// "50.11, 8.68"; nullopt for anything else.
[[nodiscard]] std::optional<Coordinates> parse_coordinates(std::string_view text);
// A path of [location], from the folder of the configuration.
[[nodiscard]] std::filesystem::path location_file(const Config& config, const std::string& text);
// All files of [location], absolute, each once.
[[nodiscard]] std::vector<std::filesystem::path> location_files(const Config& config);

using schema::Problem;
using schema::Problems;

// Everything that is wrong at once, in the order of lines; never starts anything, touches no other
// file. `file` gives relative paths their folder and `state` its default.
[[nodiscard]] std::expected<Config, Problems> parse(std::string_view text,
                                                    const std::filesystem::path& file);
[[nodiscard]] std::expected<Config, Problems> load(const std::filesystem::path& file);

// "conclave.toml:12: limits.frame_byte: unknown key; did you mean limits.frame_bytes?", a line
// each.
using schema::to_text;

// A complete configuration file with every key, its unit, bounds, default and description;
// parse(example_text()) gives the defaults.
[[nodiscard]] std::string example_text();

}  // namespace conclave::config
