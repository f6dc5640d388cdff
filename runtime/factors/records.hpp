#pragma once

#include "runtime/factors/model.hpp"
#include "runtime/store/rows.hpp"

// The canonical bytes of the rows `factor` (id: the user, sub: the factor) and `person` (id: the
// user), in the form of runtime/identity/records.hpp: what a decoder accepts is exactly what the
// encoder makes, for the place that the row was found in.
namespace conclave::factors {

[[nodiscard]] store::Record encode(const Factor& factor);
[[nodiscard]] store::Record encode(const Person& person);

[[nodiscard]] Result<Factor> decode_factor(const store::Record& record);
[[nodiscard]] Result<Person> decode_person(const store::Record& record);

}  // namespace conclave::factors
