#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

namespace conclave::tests {

// A value that breaks its schema in one place.
struct Mutation {
  std::string what;
  std::string path;  // JSON pointer to the place
  boost::json::value value;
};

// All ways to break `value`, which is valid for `schema`: each required member removed, an unknown
// one added, each type changed, each bound passed by one, each enumeration and id replaced.
[[nodiscard]] std::vector<Mutation> mutations_of(const boost::json::value& schema,
                                                 const boost::json::value& value);

}  // namespace conclave::tests
