#include "runtime/config/key_builder.hpp"

namespace conclave::config {
namespace {

bool is_origin(std::string_view text) {
  constexpr std::string_view kScheme = "https://";
  return text.starts_with(kScheme) && text.size() > kScheme.size() &&
         text.find_first_of("/?#@ ", kScheme.size()) == std::string_view::npos;
}

void add_server(std::vector<Key<Config>>& list) {
  list.push_back(plain<&Config::state, Config>(
      "state", "", PathRule{},
      "The private folder of this installation; by default the folder of this file."));
  constexpr auto server = &Config::server;
  list.push_back(
      key<server, &Server::name>("server.name", "", TextRule{1, 64, {}},
                                 "The installation's name, shown to clients and in certificates."));
  list.push_back(key<server, &Server::provider_domain>(
      "server.provider_domain", "", TextRule{3, 253, {}},
      "Domain of the accounts that administer the installation (admin@<domain>)."));
  constexpr auto tls = &Config::tls;
  list.push_back(
      key<tls, &Tls::names>("tls.names", "", TextListRule{64},
                            "Host names and IP addresses that the server's certificate is for."));
  list.push_back(
      key<tls, &Tls::certificate_file>("tls.certificate_file", "", PathRule{},
                                       "PEM chain, leaf first, over the token's tls key; empty: "
                                       "the installation's own authority issues one."));
}

void add_machine(std::vector<Key<Config>>& list) {
  constexpr auto threads = &Config::threads;
  list.push_back(key<threads, &Threads::io>(
      "threads.io", "threads", IntegerRule{1, 256},
      "Threads that read, parse and write; sessions are pinned to one of them."));
  list.push_back(key<threads, &Threads::argon2>(
      "threads.argon2", "threads", IntegerRule{1, 64},
      "Threads that hash passwords; each uses password.argon2_bytes while it works."));
  list.push_back(
      key<threads, &Threads::handshakes>("threads.handshakes", "threads", IntegerRule{1, 64},
                                         "Threads for TLS handshakes, which wait for the token."));
  list.push_back(key<threads, &Threads::readers>("threads.readers", "threads", IntegerRule{1, 64},
                                                 "Read-only connections of the store."));
  constexpr auto keyd = &Config::keyd;
  list.push_back(
      key<keyd, &Keyd::module>("keyd.module", "", PathRule{}, "The PKCS#11 module; any vendor's."));
  list.push_back(key<keyd, &Keyd::token_label>("keyd.token_label", "", TextRule{1, 32, {}},
                                               "Label of the token."));
  list.push_back(key<keyd, &Keyd::pin_file>("keyd.pin_file", "", PathRule{},
                                            "File with the token's PIN, mode 0600, opened by the "
                                            "launcher only; empty: STATE/token/pin."));
  list.push_back(key<keyd, &Keyd::deadline_ms>(
      "keyd.deadline_ms", "ms", IntegerRule{100, 60'000},
      "How long one token call may take before the key process is restarted."));
  list.push_back(key<keyd, &Keyd::content_keys>(
      "keyd.content_keys", "keys", IntegerRule{16, 65'536},
      "Content keys loaded in the token at once; each costs about 8 KiB of token memory."));
  list.push_back(key<keyd, &Keyd::memory_bytes>(
      "keyd.memory_bytes", "bytes", IntegerRule{64 * kMiB, 64 * kGiB},
      "The key process restarts itself above this memory (some modules leak)."));
  list.push_back(key<keyd, &Keyd::epoch_grace_ms>(
      "keyd.epoch_grace_ms", "ms", IntegerRule{0, 90LL * 86'400'000},
      "Time before an old epoch key may be destroyed; less than a day only in tests."));
  list.push_back(key<keyd, &Keyd::orders_per_hour>(
      "keyd.orders_per_hour", "orders", IntegerRule{1, 10'000},
      "Orders to devices (wipe) that the key process signs for one tenant in an hour."));
  list.push_back(key<keyd, &Keyd::order_wait_minutes>(
      "keyd.order_wait_minutes", "minutes", IntegerRule{0, 10'080},
      "How long the key process must have known a device (unless it was its person's first) or an "
      "admin before it signs orders on their word; a break-in at the server cannot invent them."));
  constexpr auto log = &Config::log;
  list.push_back(key<log, &Log::level>("log.level", "",
                                       TextRule{1, 16, {"debug", "info", "warning", "error"}},
                                       "Least level that is written."));
}

void add_store(std::vector<Key<Config>>& list) {
  constexpr auto store = &Config::store;
  list.push_back(key<store, &Store::journal_drain_ms>(
      "store.journal_drain_ms", "ms", IntegerRule{1'000, 3'600'000},
      "The journal is moved into room blocks at least this often."));
  list.push_back(key<store, &Store::journal_entries>(
      "store.journal_entries", "entries", IntegerRule{256, kMillion},
      "Longest journal; bounds the time a start takes."));
  list.push_back(key<store, &Store::cache_bytes>("store.cache_bytes", "bytes",
                                                 IntegerRule{kMiB, 64 * kGiB},
                                                 "Page cache of the store's writer."));
  list.push_back(key<store, &Store::receipts_flush_ms>(
      "store.receipts_flush_ms", "ms", IntegerRule{100, 60'000},
      "Read and delivered marks are written at least this often."));
  list.push_back(key<store, &Store::tombstone_days>(
      "store.tombstone_days", "days", IntegerRule{1, 3'650},
      "How long a device may be away and still resume from its cursor."));
}

void add_sign_in(std::vector<Key<Config>>& list) {
  constexpr auto sign_in = &Config::sign_in;
  list.push_back(key<sign_in, &SignIn::access_minutes>(
      "sign_in.access_minutes", "minutes", IntegerRule{1, 60}, "Life of an access token."));
  list.push_back(key<sign_in, &SignIn::resume_minutes>(
      "sign_in.resume_minutes", "minutes", IntegerRule{1, 60}, "Life of a resume handle."));
  list.push_back(key<sign_in, &SignIn::nonce_ms>("sign_in.nonce_ms", "ms",
                                                 IntegerRule{1'000, 300'000},
                                                 "Life of the nonce that a sign-in answers."));
  list.push_back(key<sign_in, &SignIn::failures_per_address_per_minute>(
      "sign_in.failures_per_address_per_minute", "failures/min", IntegerRule{1, 100'000},
      "Failed sign-ins from one address before it has to wait."));
  list.push_back(key<sign_in, &SignIn::failures_per_account_per_minute>(
      "sign_in.failures_per_account_per_minute", "failures/min", IntegerRule{1, 100'000},
      "Failed sign-ins of unknown devices for one account; devices already known are counted "
      "apart."));
  list.push_back(key<sign_in, &SignIn::failures_per_tenant_per_minute>(
      "sign_in.failures_per_tenant_per_minute", "failures/min", IntegerRule{1, kMillion},
      "Failed sign-ins of one tenant."));
  list.push_back(key<sign_in, &SignIn::setup_minutes>(
      "sign_in.setup_minutes", "minutes", IntegerRule{1, 1'440},
      "Life of the one-time setup secret of a new installation."));
  list.push_back(key<sign_in, &SignIn::origins>(
      "sign_in.origins", "",
      TextListRule{64, 0, {}, is_origin, "origins such as https://a.example"},
      "Origins of web pages, beside the server's own, that may sign people in and use their "
      "authenticators (WebAuthn)."));
  list.push_back(key<sign_in, &SignIn::attestation_roots>(
      "sign_in.attestation_roots", "", TextRule{0, 1'024, {}},
      "PEM file of the authorities whose word counts that a device's key lives in hardware; empty: "
      "nobody's. Needed for primary.attestation of a policy."));
  constexpr auto password = &Config::password;
  list.push_back(key<password, &Password::min_length>("password.min_length", "characters",
                                                      IntegerRule{8, 128}, "Shortest password."));
  list.push_back(key<password, &Password::argon2_passes>(
      "password.argon2_passes", "passes", IntegerRule{1, 16},
      "Argon2id passes; at least 2 with 19 MiB is advised."));
  list.push_back(key<password, &Password::argon2_bytes>("password.argon2_bytes", "bytes",
                                                        IntegerRule{8 * kMiB, 4 * kGiB},
                                                        "Argon2id memory of one hash."));
}

void add_policy(std::vector<Key<Config>>& list) {
  constexpr auto policy = &Config::policy;
  list.push_back(key<policy, &Policy::default_policy>(
      "policy.default", "", TextRule{1, 16, {"open", "standard", "strict", "minor"}},
      "The shipped policy of tenants that have set none; open is for trying out only."));
  list.push_back(key<policy, &Policy::signatures>(
      "policy.signatures", "people", IntegerRule{1, 3},
      "Different people whose signatures a change of policy waits for that weakens it or moves "
      "trust, provider and tenant among them. 1: whoever sets it signs alone; for trying out and "
      "for installations of one person."));
  list.push_back(key<policy, &Policy::user_signatures>(
      "policy.user_signatures", "users", IntegerRule{1, 16},
      "Users without admin roles who have to sign besides where a changed key asks them "
      "(docs/policy.md); all of them where a tenant has fewer."));
}

}  // namespace

void add_general_keys(std::vector<Key<Config>>& list) {
  add_server(list);
  add_machine(list);
  add_store(list);
  add_sign_in(list);
  add_policy(list);
}

}  // namespace conclave::config
