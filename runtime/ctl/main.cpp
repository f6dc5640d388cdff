#include <curl/curl.h>

#include <iostream>
#include <string>
#include <vector>

#include "runtime/ctl/command_line.hpp"
#include "runtime/observe/log.hpp"

int main(int argc, char** argv) {
  // Standard output is for results; what libraries log goes to standard error, and only errors do.
  conclave::observe::start_log("conclavectl", conclave::observe::LogLevel::error);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const int status = conclave::ctl::run(arguments, std::cout, std::cerr);
  curl_global_cleanup();
  return status;
}
