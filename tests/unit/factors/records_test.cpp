#include "runtime/factors/records.hpp"

#include <gtest/gtest.h>

namespace conclave::factors {
namespace {

Factor sample(Kind kind) {
  Factor out;
  out.id = FactorId{11};
  out.tenant = TenantId{22};
  out.user = UserId{33};
  out.label = {1, Bytes(40, 7)};
  out.created_ms = 1'700'000'000'000;
  out.used_ms = 1'700'000'000'001;
  out.version = 5;
  if (kind == Kind::totp) out.what = Totp{{1, Bytes(48, 1)}, {}, 56'666'666};
  if (kind == Kind::webauthn) {
    out.what = WebAuthn{{Bytes(32, 2), Bytes(77, 3), 9, true}, Attestation::self};
  }
  if (kind == Kind::recovery) {
    RecoverySet set{Bytes(16, 4), std::vector<Bytes>(10, Bytes(32, 5))};
    set.digests[3].clear();
    out.what = set;
  }
  return out;
}

TEST(FactorRecords, ComeBackAsTheyWere) {
  for (const Kind kind : {Kind::totp, Kind::webauthn, Kind::recovery}) {
    const store::Record row = encode(sample(kind));
    const auto back = decode_factor(row);
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(back->kind(), kind);
    EXPECT_EQ(encode(*back).content, row.content);
    EXPECT_EQ(row.id, 33U) << "found by their user";
    EXPECT_EQ(row.sub, 11U);
  }
  const auto set = decode_factor(encode(sample(Kind::recovery)));
  EXPECT_EQ(codes_left(std::get<RecoverySet>(set->what)), 9U);
}

TEST(FactorRecords, BelongToTheirPlaceAndVersion) {
  const store::Record row = encode(sample(Kind::totp));
  const auto moved = [&](auto change) {
    store::Record other = row;
    change(other);
    return decode_factor(other).has_value();
  };
  EXPECT_TRUE(moved([](store::Record&) {}));
  EXPECT_FALSE(moved([](store::Record& r) { r.tenant = TenantId{23}; }));
  EXPECT_FALSE(moved([](store::Record& r) { r.id = 34; }));
  EXPECT_FALSE(moved([](store::Record& r) { r.sub = 12; }));
  EXPECT_FALSE(moved([](store::Record& r) { r.version = 6; }));
  EXPECT_FALSE(moved([](store::Record& r) { r.kind = store::RecordKind::person; }));
  EXPECT_FALSE(moved([](store::Record& r) { r.content.push_back(0); }));
  for (std::size_t length = 0; length < row.content.size(); ++length) {
    EXPECT_FALSE(moved([&](store::Record& r) { r.content.resize(length); })) << length;
  }
}

TEST(PersonRecords, ComeBackAsTheyWere) {
  const Person person{TenantId{1}, UserId{2}, 99, Bytes(16, 3), Bytes(32, 4), 5, 6};
  const store::Record row = encode(person);
  const auto back = decode_person(row);
  ASSERT_TRUE(back);
  EXPECT_EQ(encode(*back).content, row.content);
  store::Record other = row;
  other.id = 3;
  EXPECT_FALSE(decode_person(other));
  Person nobody = person;
  nobody.person = 0;
  EXPECT_FALSE(decode_person(encode(nobody)));
  nobody = person;
  nobody.digest.clear();
  EXPECT_FALSE(decode_person(encode(nobody)));
}

}  // namespace
}  // namespace conclave::factors
