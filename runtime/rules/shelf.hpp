#pragma once

#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/rules/book.hpp"

// Private to this folder.
namespace conclave::rules {

// Where the sealed texts say that they stand (keys contract, K3: user rows).
inline constexpr std::string_view kTable = "policy";
inline constexpr std::string_view kColumn = "texts";

struct Place {  // of a row of the tenant
  std::uint64_t id = 0;
  std::uint64_t sub = 0;
  friend auto operator<=>(const Place&, const Place&) = default;
};

struct Book::Shelf {
  policy::Policy policy;     // what holds
  std::uint64_t newest = 0;  // highest number, sound or not
  std::string why;           // not empty: refused, and `policy` is strict
  std::map<std::uint64_t, Version> versions;
  std::map<Place, std::string> refused;

  [[nodiscard]] const Version* find(std::uint64_t number) const {
    const auto found = versions.find(number);
    return found == versions.end() ? nullptr : &found->second;
  }
  // What is too much when only `keep` may stay.
  [[nodiscard]] std::vector<std::uint64_t> oldest_beyond(std::size_t keep) const {
    std::vector<std::uint64_t> out;
    for (const auto& [number, version] : versions) {
      if (versions.size() - out.size() <= keep) break;
      out.push_back(number);
    }
    return out;
  }
  // A version that was stored just now, which also mended what was refused.
  void take(const Version& version, policy::Policy read) {
    policy = std::move(read);
    newest = version.number;
    why.clear();
    refused.clear();
    versions[version.number] = version;
  }
};

}  // namespace conclave::rules
