#include <CLI/App.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <memory>

#include "runtime/ctl/command_line.hpp"
#include "runtime/ctl/shell.hpp"

// What was recorded, audit trail and log: for the provider's admins and auditors.
namespace conclave::ctl {

namespace {

namespace json = boost::json;

const Shell::View kTrail{"entries",
                         {{"NUMBER", "number"},
                          {"TIME (UTC)", "ts_ms"},
                          {"CHAINED", "chained"},
                          {"TENANT", "tenant"},
                          {"CONTENT", "content"}}};
const Shell::View kHead{"", {{"number", "number"}, {"chain", "chain"}, {"signature", "signature"}}};
const Shell::View kLog{"lines",
                       {{"TIME (UTC)", "time"},
                        {"LEVEL", "level"},
                        {"PROCESS", "process"},
                        {"EVENT", "event"},
                        {"", "text"}}};

struct Wanted {
  std::string after;
  std::string level;
  std::string event;
  std::uint32_t lines = 50;
};

// Fields beside those that have a column of their own, as "name=value name=value".
void gather_text(json::object* line) {
  std::string text;
  for (const auto& [name, value] : *line) {
    if (name == "time" || name == "level" || name == "process" || name == "event" ||
        name == "file" || name == "line") {
      continue;
    }
    if (!text.empty()) text += ' ';
    if (name != "text") text.append(name).push_back('=');
    text += value.is_string() ? std::string(value.get_string()) : json::serialize(value);
  }
  (*line)["text"] = text;
}

Result<void> show_log(Shell& shell, const Wanted& wanted) {
  std::string target = "/api/v1/log?limit=" + std::to_string(wanted.lines);
  if (!wanted.level.empty()) target += "&level=" + encoded(wanted.level);
  if (!wanted.event.empty()) target += "&event=" + encoded(wanted.event);
  auto result = shell.call("GET", target, std::nullopt);
  if (!result) return std::unexpected(result.error());
  json::value* lines = result->if_contains("lines");
  if (!shell.json && lines != nullptr && lines->is_array()) {
    for (json::value& line : lines->get_array()) {
      if (line.is_object()) gather_text(&line.get_object());
    }
  }
  shell.show(*result, kLog);
  return {};
}

}  // namespace

void add_record_commands(CLI::App& app, Shell& shell) {
  const auto wanted = std::make_shared<Wanted>();
  CLI::App* trail = app.add_subcommand("audit", "the audit trail");
  trail->require_subcommand(1);
  CLI::App* list = trail->add_subcommand("list", "entries, checked against their chain");
  list->add_option("--after", wanted->after, "number to go on after");
  list->callback([&shell, wanted] {
    shell.action = [wanted](Shell& self) {
      std::string target = "/api/v1/audit?limit=200";
      if (!wanted->after.empty()) target += "&after=" + encoded(wanted->after);
      return self.request("GET", target, std::nullopt, kTrail);
    };
  });
  trail->add_subcommand("head", "head of the chain, signed by the token")->callback([&shell] {
    shell.action = [](Shell& self) {
      return self.request("GET", "/api/v1/audit/head", std::nullopt, kHead);
    };
  });
  CLI::App* log = app.add_subcommand("log", "the newest lines of the log; reading is recorded");
  log->add_option("--level", wanted->level, "at least this level")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  log->add_option("--event", wanted->event, "beginning of the event's name");
  log->add_option("--lines", wanted->lines, "how many")->check(CLI::Range(1, 1000));
  log->callback([&shell, wanted] {
    shell.action = [wanted](Shell& self) { return show_log(self, *wanted); };
  });
}

}  // namespace conclave::ctl
