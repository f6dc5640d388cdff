#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <vector>

// The schema as the tests read it, on their own and not through the generator.
namespace conclave::tests {

struct SchemaMethod {
  std::string name;
  boost::json::object definition;
};

class Schema {
 public:
  Schema();

  [[nodiscard]] const std::vector<SchemaMethod>& methods() const { return methods_; }
  [[nodiscard]] const boost::json::object& method(const std::string& name) const;
  [[nodiscard]] const boost::json::object& event(const std::string& name) const;
  // Follows $ref.
  [[nodiscard]] const boost::json::object& resolve(const boost::json::value& schema) const;
  [[nodiscard]] const boost::json::object& errors() const { return errors_; }
  // Reasons that only the management API gives.
  [[nodiscard]] const boost::json::object& management_errors() const { return management_errors_; }

 private:
  boost::json::object types_;
  boost::json::object errors_;
  boost::json::object management_errors_;
  boost::json::object events_;
  std::vector<SchemaMethod> methods_;  // by name
};

[[nodiscard]] const Schema& schema();

}  // namespace conclave::tests
