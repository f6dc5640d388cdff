#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "policies/signals/evidence.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/network/address.hpp"

namespace conclave::evidence {

struct SourceFile {
  enum class Kind : std::uint8_t {
    database,   // MaxMind format
    as_ranges,  // "first,last,AS number,name"
    list,       // addresses, networks or AS numbers that have `traits`
  };
  Kind kind = Kind::database;
  std::filesystem::path path;
  signals::Traits traits;
};

// Everything that the files say of one address, and which of them says it.
struct LookUp {
  struct Source {
    signals::Traits traits;
    std::string name;  // the file's name without folder and ending
  };
  signals::NetworkFacts facts;
  std::string city;             // in English; empty: not known
  std::vector<Source> sources;  // those that gave traits
};

// What an operator is shown of a file.
struct SourceStatus {
  std::filesystem::path path;
  bool loaded = false;
  std::uint64_t entries = 0;     // nodes of a database, lines of a list
  std::int64_t built_at_s = 0;   // UTC: as the database says, or when the list was last changed
  std::int64_t loaded_at_s = 0;  // UTC
  SourceFile::Kind kind = SourceFile::Kind::database;
  signals::Traits traits;        // that a list gives
  std::string error;             // why the newest version is not the one in force; empty: it is
};

// The files that look-ups go through. Each is taken whole or not at all: one that is damaged or
// gone leaves its last good state in force, and status() says so. Replace files by a rename.
class Sources {
 public:
  // Nothing is read before the first reload().
  Sources(std::vector<SourceFile> files, const base::Clock& clock);
  ~Sources();

  // Reads the files that have changed since; how many were taken. Blocking, up to seconds; one
  // thread at a time. Look-ups go on meanwhile with what was there.
  std::size_t reload();

  // All that is known of an address. Any thread; waits for no reload. 5 us with a city database.
  [[nodiscard]] signals::NetworkFacts look_up(const network::Address& address) const;

  // The same with names for people. Any thread; a few microseconds more.
  [[nodiscard]] LookUp look_up_named(const network::Address& address) const;

  [[nodiscard]] std::vector<SourceStatus> status() const;

 private:
  struct Loaded;
  struct Snapshot;
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const;

  const base::Clock& clock_;
  std::vector<std::unique_ptr<Loaded>> files_;  // of the reloading thread
  mutable std::mutex mutex_;                  // held to copy a pointer or the status, never longer
  std::shared_ptr<const Snapshot> snapshot_;  // shared with look-ups under way
  std::vector<SourceStatus> status_;
};

}  // namespace conclave::evidence
