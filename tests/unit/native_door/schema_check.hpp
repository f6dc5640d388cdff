#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

namespace conclave::tests {

// What breaks `schema` in `value`, as "pointer: text"; empty when nothing does.
[[nodiscard]] std::vector<std::string> faults_of(const boost::json::value& schema,
                                                 const boost::json::value& value,
                                                 const std::string& path = {});

}  // namespace conclave::tests
