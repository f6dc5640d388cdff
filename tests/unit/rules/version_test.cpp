#include "runtime/rules/version.hpp"

#include <gtest/gtest.h>

#include "runtime/rules/errors.hpp"
#include "tests/unit/rules/signing.hpp"

namespace conclave::rules {
namespace {

Version sample() {
  Version out;
  out.tenant = TenantId{7};
  out.number = 3;
  out.by = UserId{11};
  out.by_tenant = TenantId{5};
  out.set_ms = 1'700'000'000'000;
  out.copy_of = 1;
  out.effect = {false, true, true};
  out.note = "two devices are enough";
  out.document = "[devices]\ncap = 2\n";
  return out;
}

TEST(Version, ReadsWhatItWrote) {
  const Version version = sample();
  const auto read = decode(encode({version, Bytes{1, 2, 3}}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->version.tenant, version.tenant);
  EXPECT_EQ(read->version.number, version.number);
  EXPECT_EQ(read->version.by, version.by);
  EXPECT_EQ(read->version.by_tenant, version.by_tenant);
  EXPECT_EQ(read->version.set_ms, version.set_ms);
  EXPECT_EQ(read->version.copy_of, version.copy_of);
  EXPECT_EQ(read->version.effect, version.effect);
  EXPECT_EQ(read->texts, (Bytes{1, 2, 3}));
}

TEST(Version, KeepsWhoSignedIt) {
  Version version = sample();
  version.document = "base = \"open\"\n";
  Draft draft;
  draft.version = version;
  draft.replaces = 2;
  const testing::TestDevice laptop;
  const auto proposal = testing::proposal_of(draft, version.set_ms);
  version.evidence = testing::evidence_of(proposal, laptop);
  const auto read = decode(encode({version, {}}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->version.evidence.proposal, version.evidence.proposal);
  ASSERT_EQ(read->version.evidence.approvals.size(), 1U);
  const Approval& approval = read->version.evidence.approvals.front();
  EXPECT_EQ(approval.key, laptop.key());
  EXPECT_EQ(approval.parties, policy::Parties{policy::Party::tenant});
  EXPECT_TRUE(holds(approval, proposal, read->version.evidence.proposal));
  Version opened = read->version;
  opened.document = version.document;
  EXPECT_TRUE(check_evidence(opened));
  opened.document += "#";
  EXPECT_TRUE(check_evidence(opened).error().is(kChangeUnsigned));
}

TEST(Version, TextsAreReadToTheirLastByte) {
  const Version version = sample();
  const Bytes texts = texts_of(version);
  Version read;
  ASSERT_TRUE(read_texts(texts, &read));
  EXPECT_EQ(read.note, version.note);
  EXPECT_EQ(read.document, version.document);
  for (std::size_t length = 0; length < texts.size(); ++length) {
    EXPECT_FALSE(read_texts(ByteView(texts).first(length), &read)) << length;
  }
  Bytes longer = texts;
  longer.push_back(0);
  EXPECT_FALSE(read_texts(longer, &read));
}

// A MAC over the content alone must not let a row be moved: its place is part of the content.
TEST(Version, IsReadOnlyAtItsOwnPlace) {
  const store::Record row = encode({sample(), Bytes(40, 7)});
  for (auto field : {&store::Record::id, &store::Record::sub, &store::Record::version}) {
    store::Record moved = row;
    moved.*field += 1;
    EXPECT_FALSE(decode(moved));
  }
  store::Record other = row;
  other.tenant = TenantId{8};
  EXPECT_FALSE(decode(other));
  other = row;
  other.kind = store::RecordKind::group;
  EXPECT_FALSE(decode(other));
}

TEST(Version, IsReadToItsLastByteAndNotBeyond) {
  const store::Record row = encode({sample(), Bytes(40, 7)});
  for (std::size_t length = 0; length < row.content.size(); ++length) {
    store::Record cut = row;
    cut.content.resize(length);
    EXPECT_FALSE(decode(cut)) << length;
  }
  store::Record longer = row;
  longer.content.push_back(0);
  EXPECT_FALSE(decode(longer));
}

TEST(Version, EffectsThatDoNotExistAreRefused) {
  store::Record row = encode({sample(), {}});
  // Behind the effect stand empty evidence (a run and a count) and an empty run: nine bytes.
  row.content[row.content.size() - 10] = 8;
  EXPECT_FALSE(decode(row));
}

}  // namespace
}  // namespace conclave::rules
