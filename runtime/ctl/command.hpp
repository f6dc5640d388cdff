#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <type_traits>

#include "runtime/ctl/shell.hpp"

namespace conclave::ctl {

// Adds a command whose options fill `*given`, and which then acts by it.
template <class Given>
CLI::App* add(CLI::App* parent, Shell& shell, const char* name, const char* help,
              const std::shared_ptr<Given>& given,
              std::type_identity_t<Result<void> (*)(Shell&, const Given&)> act) {
  CLI::App* command = parent->add_subcommand(name, help);
  command->callback([&shell, given, act] {
    shell.action = [given, act](Shell& self) { return act(self, *given); };
  });
  return command;
}

}  // namespace conclave::ctl
