#include "runtime/server/fences.hpp"

namespace conclave::server {

Result<confine::ConfineReport> confine_server(const config::Config& config,
                                              const config::StatePaths& paths) {
  confine::ConfineOptions options;
  options.profile = confine::Profile::conclaved;
  options.read = confine::system_read_paths();
  options.read.push_back(config.file);
  options.read.push_back(paths.authority_dir);
  if (!config.tls.certificate_file.empty()) options.read.push_back(config.tls.certificate_file);
  if (!config.sign_in.attestation_roots.empty()) {
    options.read.emplace_back(config.sign_in.attestation_roots);
  }
  // The folders, because new versions of the files come by a rename; what is in them is no secret.
  for (const auto& file : config::location_files(config)) {
    options.read.push_back(file.parent_path());
    std::error_code missing;
    const auto target = std::filesystem::canonical(file, missing);
    if (!missing) options.read.push_back(target.parent_path());
  }
  options.write = {paths.content_dir, paths.run_dir, paths.backup_dir};
  for (const config::Listen& listen : config.listen) options.bind_ports.push_back(listen.port);
  return confine::confine(options);
}

}  // namespace conclave::server
