#include "runtime/ctl/restore.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <charconv>

#include "runtime/base/clock.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/base/encoding.hpp"
#include "runtime/config/config.hpp"
#include "runtime/config/state_paths.hpp"
#include "runtime/ctl/errors.hpp"
#include "runtime/ctl/files.hpp"
#include "runtime/ctl/running.hpp"
#include "runtime/ctl/shell.hpp"
#include "runtime/store/sqlite_content_store.hpp"

namespace conclave::ctl {

namespace {

namespace json = boost::json;

constexpr std::string_view kDatabaseMagic = "SQLite format 3";

struct Note {
  std::string kind;
  std::string sha256;
};

Result<Note> read_note(const std::filesystem::path& file) {
  auto text = read_file(file.string() + ".json", 64 * 1024);
  if (!text) return fail(kFileUnusable, file.string() + ".json (or give --sha256)");
  boost::system::error_code error;
  const json::value value = json::parse(*text, error);
  const json::object* object = error ? nullptr : value.if_object();
  const auto text_of = [&](std::string_view name) {
    const json::value* found = object == nullptr ? nullptr : object->if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
  };
  Note out{text_of("kind"), text_of("sha256")};
  if (out.kind.empty() || out.sha256.empty()) {
    return fail(kBackupBroken, file.string() + ".json");
  }
  return out;
}

Result<std::string> check_keyring(const std::filesystem::path& file, const std::string& sha256) {
  auto content = read_file(file, 4ULL * 1024 * 1024 * 1024);
  if (!content) return content;
  if (!content->starts_with(kDatabaseMagic)) return fail(kBackupBroken, "not a keyring");
  if (base::hex_encode(base::sha256(*content)) != sha256) {
    return fail(kBackupBroken, "the digest differs");
  }
  return content;
}

Result<std::string> restore_keyring(const config::StatePaths& paths,
                                    const RestoreRequest& request) {
  auto content = check_keyring(request.file, request.sha256);
  if (!content) return content;
  std::string replaced;
  std::error_code error;
  if (std::filesystem::exists(paths.keyring_db, error)) {
    replaced = paths.keyring_db.string() + ".before-" +
               std::to_string(base::system_clock().utc_ms() / 1000);
    std::filesystem::copy_file(paths.keyring_db, replaced, error);
    if (error) return fail(kFileUnusable, replaced);
    // Journals of the old file must not be applied to the new one.
    std::filesystem::remove(paths.keyring_db.string() + "-wal", error);
    std::filesystem::remove(paths.keyring_db.string() + "-shm", error);
    std::filesystem::remove(paths.keyring_db.string() + "-journal", error);
  }
  CONCLAVE_TRY(replace_private(paths.keyring_db, *content));
  return replaced;
}

}  // namespace

Result<void> verify_backup_file(Shell& shell, const std::filesystem::path& file) {
  auto note = read_note(file);
  if (!note) return std::unexpected(note.error());
  if (note->kind == "content") {
    auto report = store::verify_backup(file, note->sha256);
    if (!report) return std::unexpected(report.error());
  } else {
    auto content = check_keyring(file, note->sha256);
    if (!content) return std::unexpected(content.error());
  }
  shell.show(
      {{"file", file.string()}, {"kind", note->kind}, {"sha256", note->sha256}, {"sound", true}},
      {"", {{"file", "file"}, {"kind", "kind"}, {"sound", "sound"}, {"sha256", "sha256"}}});
  return {};
}

Result<void> restore(Shell& shell, const RestoreRequest& given) {
  auto loaded = config::load(given.config);
  if (!loaded) return fail(kUsage, config::to_text(loaded.error(), given.config));
  const config::StatePaths paths(loaded->state);
  if (server_runs(paths)) return fail(kServerRuns, paths.root.string());
  RestoreRequest request = given;
  if (request.sha256.empty()) {
    auto note = read_note(request.file);
    if (!note) return std::unexpected(note.error());
    if (note->kind != request.kind) {
      return fail(kUsage, "this is a backup of the " + note->kind + ", not of the " + request.kind);
    }
    request.sha256 = note->sha256;
  }
  std::string replaced;
  if (request.kind == "keyring") {
    auto done = restore_keyring(paths, request);
    if (!done) return std::unexpected(done.error());
    replaced = *done;
  } else {
    auto done = store::restore_backup(request.file, paths.content_dir, request.sha256);
    if (!done) return std::unexpected(done.error());
    replaced = done->replaced.string();
  }
  shell.show({{"kind", request.kind}, {"restored", request.file.string()}, {"replaced", replaced}},
             {"", {{"kind", "kind"}, {"restored", "restored"}, {"kept aside", "replaced"}}});
  if (request.kind == "content") {
    shell.err() << "The token has seen a later state: before the start, accept this one with\n"
                << "  conclave-keyd reset-anchor --config " << given.config.string()
                << "\n(or the ceremony anchor.reset, where custodians are pinned).\n";
  }
  return {};
}

}  // namespace conclave::ctl
