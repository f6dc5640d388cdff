#include "runtime/evidence/sources.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <unordered_map>

#include "runtime/evidence/errors.hpp"
#include "runtime/evidence/location_database.hpp"
#include "runtime/network/list_import.hpp"
#include "runtime/observe/log.hpp"

namespace conclave::evidence {
namespace {

using network::RangeTable;
using signals::NetworkFacts;
using signals::Trait;
using signals::Traits;

// What tells one version of a file from the next without reading it.
struct Signature {
  std::uint64_t inode = 0;
  std::int64_t size = -1;
  std::int64_t changed_ns = 0;

  friend bool operator==(const Signature&, const Signature&) = default;
};

Result<Signature> signature_of(const std::filesystem::path& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) != 0) {
    return fail(kFileUnreadable, path.string() + ": " + std::strerror(errno));
  }
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return Signature{about.st_ino, about.st_size,
                   about.st_mtim.tv_sec * kNanoseconds + about.st_mtim.tv_nsec};
}

// One version of one file; never changes.
struct Content {
  std::shared_ptr<const LocationDatabase> database;
  RangeTable ranges;
  std::vector<std::uint32_t> as_numbers;
  std::uint64_t entries = 0;
  std::int64_t built_at_s = 0;
};

Result<std::shared_ptr<const Content>> read_database(const std::filesystem::path& path) {
  auto database = LocationDatabase::open(path);
  if (!database) return std::unexpected(std::move(database).error());
  auto content = std::make_shared<Content>();
  content->entries = (*database)->nodes();
  content->built_at_s = (*database)->built_at_s();
  content->database = *std::move(database);
  return content;
}

Result<std::shared_ptr<const Content>> read_list(const SourceFile& file,
                                                 const Signature& signature) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  const std::string name = file.path.string();
  if (static_cast<std::uint64_t>(signature.size) > network::kMostListBytes) {
    return fail(kFileUnreadable, name + ": longer than 256 MiB");
  }
  std::ifstream in(file.path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in.good() && !in.eof()) return fail(kFileUnreadable, name + ": " + std::strerror(errno));
  const auto form = file.kind == SourceFile::Kind::as_ranges ? network::ListForm::as_ranges
                                                             : network::ListForm::plain;
  auto list = network::import_list(text, form);
  if (!list) return fail(list.error().spec(), name + ": " + list.error().detail());
  auto content = std::make_shared<Content>();
  content->ranges = RangeTable(list->ranges);
  content->entries = list->ranges.size() + list->as_numbers.size();
  content->as_numbers = std::move(list->as_numbers);
  content->built_at_s = signature.changed_ns / kNanoseconds;
  return content;
}

}  // namespace

struct Sources::Loaded {
  SourceFile file;
  std::optional<Signature> seen;           // of the version that was read last, good or bad
  std::shared_ptr<const Content> content;  // shared with snapshots; the last good one
  SourceStatus status;

  // True when there is new content.
  bool refresh(std::int64_t now_s) {
    const auto signature = signature_of(file.path);
    if (!signature) {
      seen.reset();
      status.error = signature.error().detail();
      return false;
    }
    if (seen == *signature) return false;
    seen = *signature;
    auto read = file.kind == SourceFile::Kind::database ? read_database(file.path)
                                                        : read_list(file, *signature);
    if (!read) {
      observe::warn("evidence.file_refused", {{"error", read.error()}});
      status.error = read.error().detail();
      return false;
    }
    content = *std::move(read);
    status.loaded = true;
    status.entries = content->entries;
    status.built_at_s = content->built_at_s;
    status.loaded_at_s = now_s;
    status.error.clear();
    observe::info("evidence.file_loaded",
                  {{"path", file.path.string()}, {"entries", content->entries}});
    return true;
  }
};

struct Sources::Snapshot {
  struct Part {
    SourceFile::Kind kind;
    Traits traits;
    std::string name;
    std::shared_ptr<const Content> content;
  };
  std::vector<Part> parts;
  std::unordered_map<std::uint32_t, Traits> as_traits;
};

Sources::Sources(std::vector<SourceFile> files, const base::Clock& clock)
    : clock_(clock), snapshot_(std::make_shared<Snapshot>()) {
  for (SourceFile& file : files) {
    auto loaded = std::make_unique<Loaded>();
    loaded->status.path = file.path;
    loaded->status.kind = file.kind;
    loaded->status.traits = file.traits;
    loaded->file = std::move(file);
    files_.push_back(std::move(loaded));
  }
}

Sources::~Sources() = default;

std::size_t Sources::reload() {
  std::size_t taken = 0;
  for (const auto& file : files_) taken += file->refresh(clock_.utc_ms() / 1'000) ? 1 : 0;
  auto next = std::make_shared<Snapshot>();
  std::vector<SourceStatus> status;
  for (const auto& file : files_) {
    status.push_back(file->status);
    if (!file->content) continue;
    next->parts.push_back({file->file.kind, file->file.traits, file->file.path.stem().string(),
                           file->content});
    for (std::uint32_t number : file->content->as_numbers) {
      next->as_traits[number] |= file->file.traits;
    }
  }
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(next);
  status_ = std::move(status);
  return taken;
}

std::shared_ptr<const Sources::Snapshot> Sources::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

NetworkFacts Sources::look_up(const network::Address& address) const {
  NetworkFacts facts;
  if (address.is_internal()) {
    facts.traits.add(Trait::internal);
    return facts;
  }
  const auto in_force = snapshot();
  for (const Snapshot::Part& part : in_force->parts) {
    const Content& content = *part.content;
    if (part.kind == SourceFile::Kind::database) {
      content.database->fill(address, facts);
      continue;
    }
    const std::uint32_t value = content.ranges.find(address);
    if (value == RangeTable::kNone) continue;
    if (part.kind == SourceFile::Kind::list) facts.traits |= part.traits;
    if (part.kind == SourceFile::Kind::as_ranges && facts.as_number == 0) facts.as_number = value;
  }
  const auto listed = in_force->as_traits.find(facts.as_number);
  if (facts.as_number != 0 && listed != in_force->as_traits.end()) facts.traits |= listed->second;
  return facts;
}

LookUp Sources::look_up_named(const network::Address& address) const {
  LookUp out;
  out.facts = look_up(address);
  if (out.facts.traits.has(Trait::internal)) return out;
  const auto in_force = snapshot();
  for (const Snapshot::Part& part : in_force->parts) {
    const Content& content = *part.content;
    Traits given;
    if (part.kind == SourceFile::Kind::database) {
      NetworkFacts alone;
      content.database->fill(address, alone);
      given = alone.traits;
      if (out.city.empty()) out.city = content.database->city(address);
    } else if (part.kind == SourceFile::Kind::list) {
      const bool by_system = std::ranges::binary_search(content.as_numbers, out.facts.as_number);
      if (by_system || content.ranges.find(address) != RangeTable::kNone) given = part.traits;
    }
    if (given != Traits{}) out.sources.push_back({given, part.name});
  }
  return out;
}

std::vector<SourceStatus> Sources::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace conclave::evidence
