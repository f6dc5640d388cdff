#include <CLI/App.hpp>
#include <memory>

#include "runtime/ctl/command.hpp"
#include "runtime/ctl/command_line.hpp"
#include "runtime/ctl/files.hpp"
#include "runtime/ctl/shell.hpp"
#include "runtime/network/list_import.hpp"

// What addresses are looked up in: state on the server; lists checked and put in place here.
namespace conclave::ctl {

namespace {

const Shell::View kSources{"sources",
                           {{"FILE", "file"},
                            {"KIND", "kind"},
                            {"TRAITS", "traits"},
                            {"ENTRIES", "entries"},
                            {"AGE (DAYS)", "age_days"},
                            {"IN FORCE SINCE (UTC)", "loaded_ms"},
                            {"ERROR", "error"}}};

struct Given {
  std::string file;
  std::string into;
  bool as_ranges = false;
};

Result<std::string> checked(Shell& shell, const Given& is) {
  auto text = read_file(is.file, network::kMostListBytes);
  if (!text) return text;
  const auto form = is.as_ranges ? network::ListForm::as_ranges : network::ListForm::plain;
  const auto list = network::import_list(*text, form);
  if (!list) return fail(list.error().spec(), is.file + ": " + list.error().detail());
  shell.out() << is.file << ": " << list->ranges.size() << " networks, " << list->as_numbers.size()
              << " autonomous systems\n";
  return text;
}

Result<void> check(Shell& shell, const Given& is) {
  CONCLAVE_TRY(checked(shell, is));
  return {};
}

Result<void> import(Shell& shell, const Given& is) {
  const auto text = checked(shell, is);
  CONCLAVE_TRY(text);
  CONCLAVE_TRY(replace_private(is.into, *text));
  shell.out() << is.into << " is replaced; a server that is configured with it takes it within "
              << "location.reload_s\n";
  return {};
}

}  // namespace

void add_location_commands(CLI::App& app, Shell& shell) {
  const auto given = std::make_shared<Given>();
  CLI::App* group = app.add_subcommand("location", "databases and lists of addresses");
  group->require_subcommand(1);
  add(group, shell, "sources", "files that addresses are looked up in, their age and errors", given,
      [](Shell& self, const Given&) {
        return self.request("GET", "/api/v1/location/sources", std::nullopt, kSources);
      });
  CLI::App* test =
      add(group, shell, "check", "says by line what is wrong with a list", given, check);
  CLI::App* take =
      add(group, shell, "import",
          "checks a list and puts it in place of a configured one, in one step", given, import);
  take->add_option("--into", given->into, "the file that [location] names")->required();
  for (CLI::App* command : {test, take}) {
    command
        ->add_option("file", given->file,
                     "one address, network, range or AS number a line; comments with # or ;")
        ->required();
    command->add_flag("--as-ranges", given->as_ranges,
                      "the form is CSV: first,last,AS number,name");
  }
}

}  // namespace conclave::ctl
