#include "runtime/evidence/location_database.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <maxminddb.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "runtime/evidence/errors.hpp"

namespace conclave::evidence {
namespace {

using network::Address;
using signals::Trait;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

 private:
  int fd_;
};

std::string system_error() {
  return std::strerror(errno);
}

Result<void> copy_into_memory(const std::filesystem::path& file, const Descriptor& memory) {
  const Descriptor source(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!source.open()) return fail(kFileUnreadable, file.string() + ": " + system_error());
  struct stat about {};
  if (::fstat(source.get(), &about) != 0 || !S_ISREG(about.st_mode))
    return fail(kFileUnreadable, file.string() + ": not a regular file");
  if (static_cast<std::uintmax_t>(about.st_size) > LocationDatabase::kMostBytes)
    return fail(kFileUnreadable, file.string() + ": larger than 1 GiB");
  std::vector<char> buffer(1 << 20);
  for (;;) {
    const ssize_t got = ::read(source.get(), buffer.data(), buffer.size());
    if (got < 0) return fail(kFileUnreadable, file.string() + ": " + system_error());
    if (got == 0) return {};
    for (ssize_t done = 0; done < got;) {
      const ssize_t put =
          ::write(memory.get(), buffer.data() + done, static_cast<std::size_t>(got - done));
      if (put <= 0) return fail(kFileUnreadable, file.string() + ": " + system_error());
      done += put;
    }
  }
}

std::string_view text_of(const MMDB_entry_data_s& data) {
  return {data.utf8_string, data.data_size};
}

// One value of an entry by its path of names.
template <class... Name>
std::optional<MMDB_entry_data_s> value(MMDB_entry_s entry, Name... names) {
  MMDB_entry_data_s data;
  const int status = MMDB_get_value(&entry, &data, names..., static_cast<const char*>(nullptr));
  if (status != MMDB_SUCCESS || !data.has_data) return std::nullopt;
  return data;
}

template <class... Name>
std::optional<double> number(MMDB_entry_s entry, Name... names) {
  const auto data = value(entry, names...);
  if (!data) return std::nullopt;
  switch (data->type) {
    case MMDB_DATA_TYPE_DOUBLE:
      return data->double_value;
    case MMDB_DATA_TYPE_FLOAT:
      return static_cast<double>(data->float_value);
    case MMDB_DATA_TYPE_UINT16:
      return data->uint16;
    case MMDB_DATA_TYPE_UINT32:
      return data->uint32;
    default:
      return std::nullopt;
  }
}

template <class... Name>
std::string_view text(MMDB_entry_s entry, Name... names) {
  const auto data = value(entry, names...);
  return data && data->type == MMDB_DATA_TYPE_UTF8_STRING ? text_of(*data) : std::string_view{};
}

bool flag(MMDB_entry_s entry, const char* name) {
  const auto data = value(entry, name);
  return data && data->type == MMDB_DATA_TYPE_BOOLEAN && data->boolean;
}

// Which groups of fields occur in the file, so that a look-up asks for no others.
struct Fields {
  bool flat_country = false;
  bool nested_country = false;
  bool flat_place = false;
  bool nested_place = false;
  bool as_number = false;
  bool anonymous = false;
  bool connection = false;
};

class MaxMindFile final : public LocationDatabase {
 public:
  MaxMindFile() = default;
  ~MaxMindFile() override {
    if (opened_) MMDB_close(&db_);
  }

  Result<void> open_from(int memory, const std::string& name) {
    const std::string path = "/proc/self/fd/" + std::to_string(memory);
    const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &db_);
    if (status != MMDB_SUCCESS) return corrupt(name, MMDB_strerror(status));
    opened_ = true;
    type_ = db_.metadata.database_type != nullptr ? db_.metadata.database_type : "";
    return check_tree(name);
  }

  void fill(const Address& address, signals::NetworkFacts& facts) const override;
  std::string city(const Address& address) const override;
  const std::string& type() const override { return type_; }
  std::int64_t built_at_s() const override {
    return static_cast<std::int64_t>(db_.metadata.build_epoch);
  }
  std::uint64_t nodes() const override { return db_.metadata.node_count; }

 private:
  static Result<void> corrupt(const std::string& name, const std::string& why) {
    return fail(kDatabaseCorrupt, name + ": " + why);
  }
  [[nodiscard]] std::optional<MMDB_entry_s> find(const Address& address) const;
  Result<void> check_tree(const std::string& name);
  Result<void> check_entry(const MMDB_entry_s& entry, const std::string& name, std::size_t checked);
  void note_fields(const MMDB_entry_s& entry);
  void fill_country(const MMDB_entry_s& entry, signals::NetworkFacts& facts) const;
  void fill_place(const MMDB_entry_s& entry, signals::NetworkFacts& facts) const;
  void fill_traits(const MMDB_entry_s& entry, signals::NetworkFacts& facts) const;

  MMDB_s db_{};
  bool opened_ = false;
  std::string type_;
  Fields fields_;
};

// Visits each node once (trees share parts), depth first, and decodes the entries that they lead
// to. A node above itself would never come to an end.
Result<void> MaxMindFile::check_tree(const std::string& name) {
  enum class Mark : std::uint8_t { unseen, open, done };
  const std::uint32_t count = db_.metadata.node_count;
  if (count == 0) return corrupt(name, "the tree is empty");
  std::vector<Mark> marks(count);
  std::unordered_set<std::uint32_t> decoded;
  std::vector<std::uint32_t> waiting{0};
  while (!waiting.empty()) {
    const std::uint32_t number = waiting.back();
    if (marks[number] != Mark::unseen) {
      marks[number] = Mark::done;
      waiting.pop_back();
      continue;
    }
    marks[number] = Mark::open;
    const std::string at = "node " + std::to_string(number);
    MMDB_search_node_s node;
    const int status = MMDB_read_node(&db_, number, &node);
    if (status != MMDB_SUCCESS) return corrupt(name, at + ": " + MMDB_strerror(status));
    const auto follow = [&](std::uint64_t record, int kind,
                            const MMDB_entry_s& entry) -> Result<void> {
      if (kind == MMDB_RECORD_TYPE_INVALID) return corrupt(name, at + " points out of the file");
      if (kind == MMDB_RECORD_TYPE_SEARCH_NODE) {
        if (marks[record] == Mark::open) return corrupt(name, at + " points up the tree");
        if (marks[record] == Mark::unseen) waiting.push_back(static_cast<std::uint32_t>(record));
      } else if (kind == MMDB_RECORD_TYPE_DATA && decoded.insert(entry.offset).second) {
        return check_entry(entry, name, decoded.size());
      }
      return {};
    };
    CONCLAVE_TRY(follow(node.left_record, node.left_record_type, node.left_record_entry));
    CONCLAVE_TRY(follow(node.right_record, node.right_record_type, node.right_record_entry));
  }
  const auto lost = std::ranges::count(marks, Mark::unseen);
  if (lost > 0) return corrupt(name, std::to_string(lost) + " nodes hang on nothing");
  if (decoded.empty()) return corrupt(name, "no entry is in it");
  return {};
}

// The first entries in full; of the rest the fields that are used, which is what look-ups touch.
Result<void> MaxMindFile::check_entry(const MMDB_entry_s& entry, const std::string& name,
                                      std::size_t checked) {
  constexpr std::size_t kInFull = 100'000;
  if (checked > kInFull) return {};
  MMDB_entry_s copy = entry;
  MMDB_entry_data_list_s* list = nullptr;
  const int status = MMDB_get_entry_data_list(&copy, &list);
  const bool is_map =
      status == MMDB_SUCCESS && list != nullptr && list->entry_data.type == MMDB_DATA_TYPE_MAP;
  MMDB_free_entry_data_list(list);
  if (status != MMDB_SUCCESS)
    return corrupt(name, "entry " + std::to_string(entry.offset) + ": " + MMDB_strerror(status));
  if (is_map) note_fields(entry);
  return {};
}

void MaxMindFile::note_fields(const MMDB_entry_s& entry) {
  fields_.flat_country |= value(entry, "country_code").has_value();
  fields_.nested_country |= value(entry, "country", "iso_code").has_value() ||
                            value(entry, "registered_country", "iso_code").has_value();
  fields_.flat_place |= value(entry, "latitude").has_value();
  fields_.nested_place |= value(entry, "location", "latitude").has_value();
  fields_.as_number |= value(entry, "autonomous_system_number").has_value();
  fields_.anonymous |= value(entry, "is_anonymous").has_value();
  fields_.connection |= value(entry, "connection_type").has_value();
}

std::optional<MMDB_entry_s> MaxMindFile::find(const Address& address) const {
  sockaddr_storage storage{};
  if (address.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(address.v4_bits());
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, address.octets().data(), address.octets().size());
  }
  int status = MMDB_SUCCESS;
  const auto found =
      MMDB_lookup_sockaddr(&db_, reinterpret_cast<const sockaddr*>(&storage), &status);
  if (status != MMDB_SUCCESS || !found.found_entry) return std::nullopt;
  return found.entry;
}

std::string MaxMindFile::city(const Address& address) const {
  constexpr std::size_t kMostBytes = 128;
  if (!fields_.flat_place && !fields_.nested_place) return {};
  const auto entry = find(address);
  if (!entry) return {};
  const auto name = fields_.flat_place ? text(*entry, "city") : text(*entry, "city", "names", "en");
  return name.size() <= kMostBytes ? std::string(name) : std::string();
}

void MaxMindFile::fill(const Address& address, signals::NetworkFacts& facts) const {
  const auto entry = find(address);
  if (!entry) return;
  fill_country(*entry, facts);
  fill_place(*entry, facts);
  fill_traits(*entry, facts);
  if (fields_.as_number && facts.as_number == 0) {
    facts.as_number =
        static_cast<std::uint32_t>(number(*entry, "autonomous_system_number").value_or(0));
  }
}

void MaxMindFile::fill_country(const MMDB_entry_s& entry, signals::NetworkFacts& facts) const {
  using signals::CountryCode;
  if (facts.country.known()) return;
  if (fields_.flat_country) facts.country = CountryCode::of(text(entry, "country_code"));
  if (!fields_.nested_country || facts.country.known()) return;
  facts.country = CountryCode::of(text(entry, "country", "iso_code"));
  if (!facts.country.known())
    facts.country = CountryCode::of(text(entry, "registered_country", "iso_code"));
}

void MaxMindFile::fill_place(const MMDB_entry_s& entry, signals::NetworkFacts& facts) const {
  if (facts.place) return;
  std::optional<double> latitude;
  std::optional<double> longitude;
  std::optional<double> radius;
  bool city = false;
  if (fields_.flat_place) {
    latitude = number(entry, "latitude");
    longitude = number(entry, "longitude");
    city = !text(entry, "city").empty();
  } else if (fields_.nested_place) {
    latitude = number(entry, "location", "latitude");
    longitude = number(entry, "location", "longitude");
    radius = number(entry, "location", "accuracy_radius");
    city = value(entry, "city").has_value();
  }
  if (!latitude || !longitude) return;
  const signals::Point point{*latitude, *longitude};
  // (0, 0) is what some files write for "not known".
  if (!signals::is_valid(point) || point == signals::Point{}) return;
  if (!radius) {
    const auto* row = signals::find_country(facts.country);
    const bool wide = !city && row != nullptr && row->radius_km > kDefaultCityRadiusKm;
    radius = wide ? row->radius_km : kDefaultCityRadiusKm;
  }
  facts.place = signals::Place{point, *radius};
}

void MaxMindFile::fill_traits(const MMDB_entry_s& entry, signals::NetworkFacts& facts) const {
  if (fields_.anonymous) {
    if (flag(entry, "is_anonymous_vpn")) facts.traits.add(Trait::vpn);
    if (flag(entry, "is_hosting_provider")) facts.traits.add(Trait::hosting);
    if (flag(entry, "is_public_proxy")) facts.traits.add(Trait::proxy);
    if (flag(entry, "is_residential_proxy")) facts.traits.add(Trait::proxy);
    if (flag(entry, "is_tor_exit_node")) facts.traits.add(Trait::tor);
  }
  if (fields_.connection) {
    const auto connection = text(entry, "connection_type");
    if (connection == "Cellular") facts.traits.add(Trait::mobile);
    if (connection == "Satellite") facts.traits.add(Trait::satellite);
  }
}

}  // namespace

Result<std::shared_ptr<const LocationDatabase>> LocationDatabase::open(
    const std::filesystem::path& file) {
  const Descriptor memory(::memfd_create("location-database", MFD_CLOEXEC));
  if (!memory.open()) return fail(kFileUnreadable, file.string() + ": " + system_error());
  CONCLAVE_TRY(copy_into_memory(file, memory));
  // Shared with the snapshots of Sources that are still being read while a newer one is in force.
  auto database = std::make_shared<MaxMindFile>();
  CONCLAVE_TRY(database->open_from(memory.get(), file.string()));
  return database;
}

}  // namespace conclave::evidence
