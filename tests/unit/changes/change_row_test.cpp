#include "runtime/changes/change.hpp"

#include "tests/unit/changes/fixture.hpp"

namespace conclave::changes {
namespace {

SealedChange sample() {
  rules::Draft draft;
  draft.version.tenant = TenantId{7};
  draft.version.by = UserId{9};
  draft.version.by_tenant = TenantId{7};
  draft.version.effect.weakens = true;
  draft.version.document = "base = \"open\"\n";
  SealedChange out;
  Change& change = out.change;
  change.proposal = rules::testing::proposal_of(draft, 1'700'000'000'000);
  change.evidence = rules::testing::evidence_of(change.proposal, TestDevice{});
  change.copy_of = 3;
  change.state = State::withdrawn;
  change.closed_ms = 1'700'000'000'009;
  change.closed_by = UserId{11};
  change.closed_by_tenant = TenantId{2};
  change.note = "why";
  change.document = draft.version.document;
  change.version = 4;
  out.texts = {1, 2, 3};
  return out;
}

TEST(ChangeRow, IsReadAsItWasWritten) {
  const SealedChange made = sample();
  const auto read = decode_change(encode(made));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->change.proposal, made.change.proposal);
  EXPECT_EQ(read->change.evidence.approvals.size(), 1U);
  EXPECT_EQ(read->change.copy_of, 3U);
  EXPECT_EQ(read->change.state, State::withdrawn);
  EXPECT_EQ(read->change.closed_ms, made.change.closed_ms);
  EXPECT_EQ(read->change.closed_by, UserId{11});
  EXPECT_EQ(read->change.closed_by_tenant, TenantId{2});
  EXPECT_EQ(read->change.version, 4U);
  EXPECT_EQ(read->texts, made.texts);
}

TEST(ChangeRow, IsReadOnlyAtItsOwnPlaceAndWhole) {
  const store::Record row = encode(sample());
  for (auto field : {&store::Record::id, &store::Record::sub, &store::Record::version}) {
    store::Record moved = row;
    moved.*field += 1;
    EXPECT_FALSE(decode_change(moved));
  }
  store::Record other = row;
  other.tenant = TenantId{8};
  EXPECT_FALSE(decode_change(other));
  for (std::size_t length = 0; length < row.content.size(); ++length) {
    store::Record cut = row;
    cut.content.resize(length);
    EXPECT_FALSE(decode_change(cut)) << length;
  }
  store::Record longer = row;
  longer.content.push_back(0);
  EXPECT_FALSE(decode_change(longer));
}

// A kind that a newer program knows is not taken for a policy.
TEST(ChangeRow, OfAnUnknownKindIsRefused) {
  SealedChange made = sample();
  made.change.proposal.kind = "link";
  made.change.evidence = rules::testing::evidence_of(made.change.proposal, TestDevice{});
  EXPECT_FALSE(decode_change(encode(made)));
}

TEST(ChangeRow, TextsAreThoseThatWereSigned) {
  const Change change = sample().change;
  Change read = change;
  EXPECT_TRUE(read_texts(texts_of(change), &read));
  EXPECT_EQ(read.note, "why");
  Change other = change;
  other.document += "#";
  EXPECT_FALSE(read_texts(texts_of(other), &read));
  Bytes longer = texts_of(change);
  longer.push_back(0);
  EXPECT_FALSE(read_texts(longer, &read));
}

TEST(ChangeRow, EveryStateHasItsWord) {
  for (const auto state :
       {State::pending, State::effective, State::withdrawn, State::expired, State::superseded}) {
    EXPECT_NE(to_text(state), "unknown");
  }
}

}  // namespace
}  // namespace conclave::changes
