#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace conclave::ctl {

class Shell;

// The whole program: parses, acts, reports. Exit status 0: done; 1: refused or failed; 2: wrong
// usage.
[[nodiscard]] int run(const std::vector<std::string>& arguments, std::ostream& out,
                      std::ostream& err);

// Each adds its commands; `shell` lives longer than `app`.
void add_profile_commands(CLI::App& app, Shell& shell);
void add_people_commands(CLI::App& app, Shell& shell);
void add_access_commands(CLI::App& app, Shell& shell);
void add_factor_commands(CLI::App& app, Shell& shell);
// After add_access_commands(): they belong to its `device`.
void add_order_commands(CLI::App& app, Shell& shell);
void add_system_commands(CLI::App& app, Shell& shell);
void add_location_commands(CLI::App& app, Shell& shell);
void add_record_commands(CLI::App& app, Shell& shell);
void add_ceremony_commands(CLI::App& app, Shell& shell);
void add_local_commands(CLI::App& app, Shell& shell);
void add_policy_commands(CLI::App& app, Shell& shell);
void add_authority_commands(CLI::App& app, Shell& shell);
// `group` is the `policy` command that add_policy_commands() made.
void add_policy_server_commands(CLI::App& group, Shell& shell);
void add_change_commands(CLI::App& group, Shell& shell);

}  // namespace conclave::ctl
