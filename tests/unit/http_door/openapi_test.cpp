#include "runtime/doors/http/openapi.hpp"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <set>

#include "runtime/doors/http/route.hpp"

namespace conclave::doors::http {
namespace {

namespace json = boost::json;

const json::object& description() {
  static const json::value kValue = json::parse(openapi_text());
  return kValue.as_object();
}

std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text) out.push_back(static_cast<char>(std::tolower(c)));
  return out;
}

TEST(OpenApi, DescribesExactlyTheRoutesThereAre) {
  std::set<std::string> served;
  for (const Route& route : all_routes()) {
    served.insert(lower(route.method) + " " + std::string(route.pattern));
  }
  std::set<std::string> described;
  for (const auto& path : description().at("paths").as_object()) {
    for (const auto& method : path.value().as_object()) {
      described.insert(std::string(method.key()) + " " + std::string(path.key()));
    }
  }
  EXPECT_EQ(served, described);
}

TEST(OpenApi, SaysWhichCallsNeedNoToken) {
  for (const Route& route : all_routes()) {
    const json::object& operation =
        description().at("paths").at(route.pattern).at(lower(route.method)).as_object();
    EXPECT_EQ(operation.contains("security"), route.access == Access::open) << route.pattern;
  }
}

TEST(OpenApi, EveryBodyIsClosed) {
  for (const auto& path : description().at("paths").as_object()) {
    for (const auto& method : path.value().as_object()) {
      const json::object& operation = method.value().as_object();
      if (!operation.contains("requestBody")) continue;
      const json::object& schema =
          operation.at("requestBody").at("content").at("application/json").at("schema").as_object();
      EXPECT_EQ(schema.at("additionalProperties"), json::value(false)) << path.key();
    }
  }
}

}  // namespace
}  // namespace conclave::doors::http
