#include <CLI/App.hpp>
#include <boost/json/object.hpp>
#include <memory>

#include "runtime/ctl/command.hpp"
#include "runtime/ctl/command_line.hpp"
#include "runtime/ctl/files.hpp"
#include "runtime/ctl/shell.hpp"

// Whose client certificates a tenant lets in.
namespace conclave::ctl {

namespace {

namespace json = boost::json;

constexpr std::size_t kMostFileBytes = 64 * 1024;

const Shell::View kAuthorities{"authorities",
                               {{"AUTHORITY", "authority"},
                                {"SUBJECT", "subject"},
                                {"UNTIL (UTC)", "not_after_ms"},
                                {"REVOKED", "revoked"},
                                {"LIST UNTIL (UTC)", "list_until_ms"},
                                {"FINGERPRINT (SHA-256)", "fingerprint"}}};
const Shell::View kAuthority{"",
                             {{"authority", "authority"},
                              {"subject", "subject"},
                              {"serial", "serial"},
                              {"fingerprint (SHA-256)", "fingerprint"},
                              {"from", "not_before_ms"},
                              {"until", "not_after_ms"},
                              {"revoked", "revoked"},
                              {"list until", "list_until_ms"}}};

struct Given {
  std::string authority;
  std::string file;
  std::string list;
  bool none = false;
  bool yes = false;
};

Result<void> add_authority(Shell& shell, const Given& given) {
  auto certificate = read_file(given.file, kMostFileBytes);
  if (!certificate) return std::unexpected(certificate.error());
  json::object body{{"certificate", *certificate}};
  if (!given.list.empty()) {
    auto list = read_file(given.list, kMostFileBytes);
    if (!list) return std::unexpected(list.error());
    body["revocations"] = *list;
  }
  return shell.request("POST", shell.in_tenant("/authorities"), body, kAuthority);
}

Result<void> set_revocations(Shell& shell, const Given& given) {
  std::string list;
  if (given.none) {
    CONCLAVE_TRY(require_yes(given.yes, "the revocation list of " + given.authority));
  } else {
    auto read = read_file(given.list, kMostFileBytes);
    if (!read) return std::unexpected(read.error());
    list = *std::move(read);
  }
  return shell.request("PUT",
                       shell.in_tenant("/authorities/" + encoded(given.authority) + "/revocations"),
                       json::object{{"revocations", list}}, kAuthority);
}

Result<void> remove_authority(Shell& shell, const Given& given) {
  CONCLAVE_TRY(require_yes(given.yes, "the authority " + given.authority));
  return shell.request("DELETE", shell.in_tenant("/authorities/" + encoded(given.authority)),
                       std::nullopt, {});
}

}  // namespace

void add_authority_commands(CLI::App& app, Shell& shell) {
  CLI::App* group =
      app.add_subcommand("authority", "whose client certificates a tenant lets in as its VPN");
  group->require_subcommand(1);
  const auto given = std::make_shared<Given>();
  add(group, shell, "list", "the tenant's authorities", given, [](Shell& self, const Given&) {
    return self.request("GET", self.in_tenant("/authorities"), std::nullopt, kAuthorities);
  });
  CLI::App* made = add(group, shell, "add", "certificates of this authority count from now on",
                       given, add_authority);
  made->add_option("file", given->file, "its certificate, PEM")->required();
  made->add_option("--revocations", given->list, "its revocation list, PEM");
  CLI::App* list = add(group, shell, "revocations", "a newer revocation list of an authority",
                       given, set_revocations);
  list->add_option("authority", given->authority, "id, from `authority list`")->required();
  CLI::Option* file = list->add_option("file", given->list, "PEM");
  CLI::Option* none = list->add_flag("--none", given->none, "it revokes none any more");
  list->add_flag("--yes", given->yes, "I mean it (with --none)");
  none->excludes(file);
  list->require_option(2, 0);
  CLI::App* gone = add(group, shell, "remove", "its certificates count no more; at once", given,
                       remove_authority);
  gone->add_option("authority", given->authority, "id, from `authority list`")->required();
  gone->add_flag("--yes", given->yes, "I mean it");
}

}  // namespace conclave::ctl
