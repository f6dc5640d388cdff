#include "runtime/ctl/doctor.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "runtime/ctl/errors.hpp"
#include "runtime/ctl/shell.hpp"

namespace conclave::ctl {

namespace json = boost::json;

namespace {

std::string_view text_of(Health health) {
  switch (health) {
    case Health::good:
      return "ok";
    case Health::warning:
      return "warning";
    case Health::bad:
      return "BAD";
  }
  return "BAD";
}

void add(Findings& all, Findings more) {
  for (Finding& finding : more) all.push_back(std::move(finding));
}

void show(Shell& shell, const Findings& findings) {
  json::array rows;
  for (const Finding& finding : findings) {
    rows.push_back(json::object{{"check", finding.name},
                                {"health", text_of(finding.health)},
                                {"found", finding.found},
                                {"mend", finding.mend}});
  }
  if (shell.json) {
    shell.out() << json::serialize(json::object{{"findings", rows}}) << '\n';
    return;
  }
  print_table(shell.out(), rows, {{"CHECK", "check"}, {"HEALTH", "health"}, {"FOUND", "found"}});
  for (const Finding& finding : findings) {
    if (finding.health == Health::good) continue;
    shell.out() << '\n'
                << finding.name << " (" << text_of(finding.health) << "): " << finding.found
                << "\n  To mend it: " << finding.mend << '\n';
  }
}

}  // namespace

Result<void> doctor(Shell& shell, const std::filesystem::path& config_file) {
  Findings findings;
  auto loaded = config::load(config_file);
  if (!loaded) {
    findings.push_back({"configuration", Health::bad, config::to_text(loaded.error(), config_file),
                        "Correct these lines; `conclaved --example-config` shows every key."});
  } else {
    findings.push_back({"configuration", Health::good, config_file.string(), {}});
    const config::StatePaths paths(loaded->state);
    add(findings, check_rules(*loaded));
    add(findings, check_state(paths));
    add(findings, check_token(*loaded, paths));
    add(findings, check_machine(*loaded, paths));
    add(findings, check_location(*loaded));
    add(findings, check_processes(*loaded, paths));
  }
  show(shell, findings);
  std::size_t bad = 0;
  for (const Finding& finding : findings) bad += finding.health == Health::bad ? 1 : 0;
  if (bad != 0) return fail(kUnhealthy, std::to_string(bad) + " of the checks above");
  return {};
}

}  // namespace conclave::ctl
