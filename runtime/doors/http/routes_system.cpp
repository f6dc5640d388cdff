#include <array>

#include "runtime/base/digest.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/doors/http/backup_files.hpp"
#include "runtime/doors/http/errors.hpp"
#include "runtime/doors/http/fields.hpp"
#include "runtime/doors/http/route.hpp"
#include "runtime/doors/http/views.hpp"

// The installation itself: keys, backups, status. For the provider's people only.
namespace conclave::doors::http {

namespace {

namespace json = boost::json;

Task<Result<hsm::api::TokenStatus>> token_status(Context context) {
  auto& keys = context.services.keys;
  co_return co_await async::await_callback<hsm::api::TokenStatus>(
      [&keys](Callback<hsm::api::TokenStatus> done) { keys.status(std::move(done)); });
}

json::object token_view(const hsm::api::TokenStatus& token) {
  json::array warnings;
  for (const auto& warning : token.warnings) warnings.push_back(json::value(warning));
  json::object counters;
  for (const auto& [operation, calls] : token.counters) counters[operation] = calls;
  json::object out = list_of("keys", token.keys);
  out["ready"] = token.ready;
  out["reason"] = token.reason;
  out["module"] = token.module;
  out["manufacturer"] = token.manufacturer;
  out["token_label"] = token.token_label;
  out["serial"] = token.serial;
  out["warnings"] = std::move(warnings);
  out["counters"] = std::move(counters);
  return out;
}

Task<Result<Answer>> keys(Context context, Call call) {
  CONCLAVE_CO_TRY(context.services.administration.authorise_provider(call.actor, true));
  auto token = co_await token_status(context);
  if (!token) co_return std::unexpected(token.error());
  co_return Answer{token_view(*token)};
}

Task<Result<Answer>> turn_epoch(Context context, Call call) {
  auto& administration = context.services.administration;
  CONCLAVE_CO_TRY(administration.authorise_provider(call.actor, false));
  Fields in(std::move(call.body));
  const std::string name = in.text("tenant");
  CONCLAVE_CO_TRY(in.finish());
  auto tenant = administration.resolve_tenant(call.actor, name);
  if (!tenant) co_return std::unexpected(tenant.error());
  auto& keys = context.services.keys;
  auto report = co_await async::await_callback<hsm::api::EpochReport>(
      [&keys, &tenant](Callback<hsm::api::EpochReport> done) {
        keys.turn_epoch(*tenant, std::move(done));
      });
  if (!report) co_return std::unexpected(report.error());
  audit::Entry entry = entry_by(call.actor, "key.epoch_turned", base::to_text(*tenant));
  entry.facts.emplace_back("new_epoch", std::to_string(report->new_epoch));
  CONCLAVE_CO_TRY(co_await context.services.writer.record(std::move(entry)));
  co_return Answer{{{"tenant", base::to_text(*tenant)},
                    {"old_epoch", report->old_epoch},
                    {"new_epoch", report->new_epoch},
                    {"resealed", report->resealed},
                    {"destroy_after_ms", report->destroy_after_ms}}};
}

json::object note_view(const BackupNote& note) {
  return {{"file", note.file},
          {"kind", note.kind},
          {"sha256", note.sha256},
          {"bytes", note.bytes},
          {"created_ms", note.created_ms}};
}

Task<Result<BackupNote>> back_up_content(Context context, BackupNote note) {
  auto& store = context.services.store;
  const std::filesystem::path file = context.facts.backup_dir / note.file;
  auto report = co_await async::await_callback<store::BackupReport>(
      [&store, &file](Callback<store::BackupReport> done) { store.backup(file, std::move(done)); });
  if (!report) co_return std::unexpected(report.error());
  note.sha256 = report->sha256_hex;
  note.bytes = report->bytes;
  co_return note;
}

Task<Result<BackupNote>> back_up_keyring(Context context, BackupNote note) {
  auto& keys = context.services.keys;
  auto copy = co_await async::await_callback<Bytes>(
      [&keys](Callback<Bytes> done) { keys.copy_keyring(std::move(done)); });
  if (!copy) co_return std::unexpected(copy.error());
  note.sha256 = base::hex_encode(base::sha256(*copy));
  note.bytes = copy->size();
  CONCLAVE_CO_TRY(co_await write_private_file(
      context.services.files, context.facts.backup_dir / note.file, std::move(*copy)));
  co_return note;
}

Task<Result<Answer>> create_backup(Context context, Call call) {
  CONCLAVE_CO_TRY(context.services.administration.authorise_provider(call.actor, false));
  Fields in(std::move(call.body));
  BackupNote wanted;
  wanted.kind = in.text("kind");
  if (wanted.kind != "content" && wanted.kind != "keyring") {
    in.reject("kind", "must be content or keyring");
  }
  CONCLAVE_CO_TRY(in.finish());
  wanted.created_ms = context.services.clock.utc_ms();
  wanted.file = backup_name(wanted.kind, wanted.created_ms);
  auto note = wanted.kind == "content" ? co_await back_up_content(context, wanted)
                                       : co_await back_up_keyring(context, wanted);
  if (!note) co_return std::unexpected(note.error());
  CONCLAVE_CO_TRY(co_await write_note(context.services.files, context.facts.backup_dir, *note));
  audit::Entry entry = entry_by(call.actor, "backup.created", note->file);
  entry.facts.emplace_back("sha256", note->sha256);
  CONCLAVE_CO_TRY(co_await context.services.writer.record(std::move(entry)));
  co_return Answer{note_view(*note), 201};
}

Task<Result<Answer>> list_backups(Context context, Call call) {
  CONCLAVE_CO_TRY(context.services.administration.authorise_provider(call.actor, true));
  auto notes = co_await read_notes(context.services.files, context.facts.backup_dir);
  if (!notes) co_return std::unexpected(notes.error());
  json::array out;
  for (const BackupNote& note : *notes) out.push_back(note_view(note));
  co_return Answer{{{"backups", std::move(out)}}};
}

Task<Result<Answer>> confirm_backup(Context context, Call call) {
  CONCLAVE_CO_TRY(context.services.administration.authorise_provider(call.actor, false));
  Fields in(std::move(call.body));
  const std::string text = in.text("sha256");
  const auto bytes = base::hex_decode(text);
  base::Sha256 digest{};
  if (!bytes || bytes->size() != digest.size()) {
    in.reject("sha256", "must be 64 hexadecimal digits of a keyring backup");
  }
  CONCLAVE_CO_TRY(in.finish());
  std::ranges::copy(*bytes, digest.begin());
  auto& keys = context.services.keys;
  CONCLAVE_CO_TRY(co_await async::await_callback<void>([&keys, digest](Callback<void> done) {
    keys.confirm_keyring_copy(digest, std::move(done));
  }));
  CONCLAVE_CO_TRY(co_await context.services.writer.record(
      entry_by(call.actor, "backup.keyring_confirmed", text)));
  co_return Answer{};
}

Task<Result<Answer>> status(Context context, Call call) {
  CONCLAVE_CO_TRY(context.services.administration.authorise_provider(call.actor, true));
  const store::StoreStatus store = context.services.store.status();
  json::object body{{"name", context.facts.name},
                    {"version", context.facts.version},
                    {"fences", context.facts.fences},
                    {"time_ms", context.services.clock.utc_ms()},
                    {"tenants", context.services.directory.tenants().size()},
                    {"sessions", context.services.sessions.size()},
                    {"refused_rows", context.services.directory.refused_rows()},
                    {"audit_entries", context.services.trail.last_number()},
                    {"anchored_entries", context.services.anchor.told()}};
  body["store"] = json::object{{"writable", store.writable},
                               {"reason", store.reason},
                               {"journal_commits", store.journal_commits},
                               {"bytes", store.size_bytes},
                               {"schema", store.schema},
                               {"epoch", store.epoch}};
  auto token = co_await token_status(context);
  body["token"] = token ? token_view(*token)
                        : json::object{{"ready", false}, {"reason", token.error().spec().advice}};
  co_return Answer{std::move(body)};
}

constexpr std::array kRoutes{
    Route{"GET", "/api/v1/status", Access::session, status},
    Route{"GET", "/api/v1/keys", Access::session, keys},
    Route{"POST", "/api/v1/keys/epoch-turn", Access::session, turn_epoch},
    Route{"GET", "/api/v1/backups", Access::session, list_backups},
    Route{"POST", "/api/v1/backups", Access::session, create_backup},
    Route{"POST", "/api/v1/backups/confirm", Access::session, confirm_backup},
};

}  // namespace

std::span<const Route> system_routes() {
  return kRoutes;
}

}  // namespace conclave::doors::http
