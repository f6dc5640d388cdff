#include "runtime/factors/factors.hpp"

#include <set>

#include "hsm/api/errors.hpp"
#include "runtime/factors/recovery_codes.hpp"
#include "runtime/identity/errors.hpp"
#include "tests/unit/factors/service_fixture.hpp"

namespace conclave::factors {
namespace {

using testing::Authenticator;
using testing::FactorsTest;

constexpr policy::Words<policy::Factor> kNone;

TEST_F(FactorsTest, ATotpApplicationIsEnrolledByItsFirstCode) {
  EXPECT_EQ(factors->enrolled(world.tenant, world.ann), kNone);
  const auto begun = world.run(factors->begin(ann(), Kind::totp, "Phone", password()));
  ASSERT_TRUE(begun) << begun.error().text();
  const auto& told = std::get<BegunTotp>(begun->what);
  EXPECT_TRUE(
      told.uri.starts_with("otpauth://totp/Conclave:ann@demo.example?secret=" + told.secret));
  EXPECT_EQ(factors->enrolled(world.tenant, world.ann), kNone) << "not before it is confirmed";
  const auto made = world.run(factors->confirm(ann(), begun->id, code_of(seed_of(told.secret))));
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(made->label, "Phone");
  EXPECT_TRUE(factors->enrolled(world.tenant, world.ann).has(policy::Factor::totp));
  EXPECT_EQ(factors->enrolled(other_tenant, other), kNone);
  EXPECT_EQ(audited("factor.enrolled"), 1);
  const auto list = world.run(factors->list(ann()));
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 1U);
  EXPECT_EQ(list->front().label, "Phone");
  EXPECT_EQ(list->front().kind, Kind::totp);
}

TEST_F(FactorsTest, ACodeCountsOnceAlsoAfterARestart) {
  const Bytes seed = add_totp();
  const std::string code = code_of(seed);
  EXPECT_EQ(verify(TotpCode{code}), policy::Factor::totp);
  EXPECT_EQ(verify(TotpCode{code}).error(), Error(kFactorWrong));
  restart();
  EXPECT_EQ(verify(TotpCode{code}).error(), Error(kFactorWrong));
  EXPECT_EQ(verify(TotpCode{code_of(seed, 30'000)}), policy::Factor::totp);
  EXPECT_EQ(audited("factor.passed"), 2) << "uses of credentials are recorded";
  EXPECT_EQ(audited("factor.wrong"), 2);
}

TEST_F(FactorsTest, TheCodeOfTheEnrolmentIsUsedUpByIt) {
  const auto begun = world.run(factors->begin(ann(), Kind::totp, "Phone", password()));
  const Bytes seed = seed_of(std::get<BegunTotp>(begun->what).secret);
  ASSERT_TRUE(world.run(factors->confirm(ann(), begun->id, code_of(seed))));
  EXPECT_EQ(verify(TotpCode{code_of(seed)}).error(), Error(kFactorWrong));
}

TEST_F(FactorsTest, TheSameCodeTwiceAtOncePassesOnce) {
  const Bytes seed = add_totp();
  const std::string code = code_of(seed);
  int passed = 0;
  int done = 0;
  for (int i = 0; i < 3; ++i) {
    boost::asio::co_spawn(world.io, factors->verify(world.tenant, world.ann, TotpCode{code}, {}),
                          [&](std::exception_ptr, Result<policy::Factor> result) {
                            ++done;
                            if (result) ++passed;
                          });
  }
  world.io.restart();
  while (done < 3) world.io.run_one();
  EXPECT_EQ(passed, 1);
}

TEST_F(FactorsTest, WrongCodesCostTimeAndADeviceHasItsOwnAllowance) {
  const Bytes seed = add_totp();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(verify(TotpCode{"000000"}).error(), Error(kFactorWrong));
  const auto throttled = verify(TotpCode{code_of(seed)});
  ASSERT_FALSE(throttled);
  EXPECT_TRUE(throttled.error().is(kFactorThrottled)) << "the right code has to wait as well";
  EXPECT_GT(throttled.error().retry_after_ms(), 0);
  const auto calls = world.keys.calls["open_rows"];
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_TRUE(verify(TotpCode{"000000"}).error().is(kFactorThrottled));
  }
  EXPECT_EQ(world.keys.calls["open_rows"], calls) << "none of a thousand guesses was looked at";
  EXPECT_EQ(verify(TotpCode{code_of(seed)}, Asker{DeviceId{5}}), policy::Factor::totp)
      << "the owner's device is not locked out";
  world.clock.now_ms += throttled.error().retry_after_ms();
  EXPECT_EQ(verify(TotpCode{code_of(seed)}), policy::Factor::totp);
}

TEST_F(FactorsTest, ATokenThatIsAwayCostsNoGuess) {
  const Bytes seed = add_totp();
  world.keys.broken = &hsm::api::kTokenUnavailable;
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(verify(TotpCode{code_of(seed)}).error().is(hsm::api::kTokenUnavailable));
  }
  world.keys.broken = nullptr;
  EXPECT_EQ(verify(TotpCode{code_of(seed)}), policy::Factor::totp);
}

TEST_F(FactorsTest, RecoveryCodesWorkOnceEachAndANewSetReplacesTheOld) {
  const auto codes = world.run(factors->codes(ann(), password()));
  ASSERT_TRUE(codes) << codes.error().text();
  EXPECT_EQ(std::set<std::string>(codes->begin(), codes->end()).size(), kRecoveryCodes);
  EXPECT_TRUE(factors->enrolled(world.tenant, world.ann).has(policy::Factor::recovery_code));
  EXPECT_EQ(verify(RecoveryCode{codes->at(0)}), policy::Factor::recovery_code);
  restart();
  EXPECT_EQ(verify(RecoveryCode{codes->at(0)}).error(), Error(kFactorWrong));
  EXPECT_EQ(verify(RecoveryCode{codes->at(1)}), policy::Factor::recovery_code);
  EXPECT_EQ(world.run(factors->list(ann()))->front().codes_left, 8U);
  const auto fresh = world.run(factors->codes(ann(), Proof(RecoveryCode{codes->at(2)})));
  ASSERT_TRUE(fresh) << fresh.error().text();
  EXPECT_EQ(verify(RecoveryCode{codes->at(3)}).error(), Error(kFactorWrong));
  for (const std::string& code : *fresh) {
    EXPECT_EQ(verify(RecoveryCode{code}), policy::Factor::recovery_code);
  }
  EXPECT_EQ(factors->enrolled(world.tenant, world.ann), kNone) << "none is left";
  EXPECT_EQ(world.run(factors->list(ann()))->size(), 1U) << "one set, not two";
}

TEST_F(FactorsTest, RecoveryCodesAreNowhereInTheStore) {
  const auto codes = world.run(factors->codes(ann(), password()));
  const std::string bare = clean_recovery_code(codes->at(0));
  for (const auto& [key, record] : world.store.records) {
    const std::string_view content = base::as_text(record.content);
    EXPECT_EQ(content.find(codes->at(0)), std::string_view::npos);
    EXPECT_EQ(content.find(bare), std::string_view::npos);
  }
}

TEST_F(FactorsTest, AnAuthenticatorIsEnrolledAndAnswersChallenges) {
  Authenticator key;
  EXPECT_EQ(factors->webauthn_challenge(world.tenant, world.ann).error(), Error(kFactorNotFound));
  add_key(key);
  EXPECT_TRUE(factors->enrolled(world.tenant, world.ann).has(policy::Factor::webauthn));
  auto asked = factors->webauthn_challenge(world.tenant, world.ann);
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->credentials, std::vector<Bytes>{key.id});
  const Assertion answer = key.get(asked->challenge);
  EXPECT_EQ(verify(answer), policy::Factor::webauthn);
  EXPECT_EQ(verify(answer).error().detail(), "challenge") << "a challenge is answered once";
  EXPECT_EQ(verify(key.get(Bytes(32, 1))).error().detail(), "challenge") << "nobody asked that";
  asked = factors->webauthn_challenge(world.tenant, world.ann);
  world.clock.now_ms += 300'000;
  EXPECT_EQ(verify(key.get(asked->challenge)).error().detail(), "challenge") << "too late";
}

TEST_F(FactorsTest, ACopiedAuthenticatorIsNoticed) {
  Authenticator key;
  key.sign_count = 7;
  add_key(key);
  key.sign_count = 8;
  EXPECT_TRUE(verify(key.get(factors->webauthn_challenge(world.tenant, world.ann)->challenge)));
  restart();
  EXPECT_EQ(verify(key.get(factors->webauthn_challenge(world.tenant, world.ann)->challenge))
                .error()
                .detail(),
            "sign_count");
  EXPECT_EQ(audited("factor.copied"), 1);
}

TEST_F(FactorsTest, OneAuthenticatorIsRegisteredOnce) {
  const Authenticator key;
  add_key(key);
  const auto begun = world.run(factors->begin(ann(), Kind::webauthn, "Again", password()));
  const auto& asked = std::get<BegunWebAuthn>(begun->what);
  EXPECT_EQ(asked.exclude, std::vector<Bytes>{key.id});
  EXPECT_EQ(
      world.run(factors->confirm(ann(), begun->id, key.create(asked.challenge))).error().detail(),
      "registered already");
}

TEST_F(FactorsTest, ChangesNeedAFreshProof) {
  FactorId id;
  const Bytes seed = add_totp(&id);
  const auto refused = [&](FreshProof proof) {
    return world.run(factors->remove(ann(), id, std::move(proof))).error();
  };
  EXPECT_EQ(refused(password("not the password")), Error(identity::kPasswordWrong));
  EXPECT_EQ(refused(Proof(TotpCode{"000000"})), Error(kFactorWrong));
  EXPECT_EQ(refused(Proof(RecoveryCode{"4f7k-9m2q-x1z0"})), Error(kFactorWrong));
  EXPECT_EQ(world.run(factors->begin(ann(), Kind::totp, "x", password("no"))).error(),
            Error(identity::kPasswordWrong));
  EXPECT_EQ(world.run(factors->codes(ann(), password("no"))).error(),
            Error(identity::kPasswordWrong));
  EXPECT_TRUE(world.run(factors->remove(ann(), id, Proof(TotpCode{code_of(seed)}))));
  EXPECT_EQ(factors->enrolled(world.tenant, world.ann), kNone);
  EXPECT_EQ(audited("factor.removed"), 1);
  EXPECT_EQ(refused(password()), Error(kFactorNotFound));
  restart();
  EXPECT_EQ(factors->enrolled(world.tenant, world.ann), kNone);
  EXPECT_FALSE(factors->damaged(world.tenant, world.ann)) << "removed is not missing";
}

TEST_F(FactorsTest, AnEnrolmentEnds) {
  const auto begin = [&] {
    return *world.run(factors->begin(ann(), Kind::totp, "Phone", password()));
  };
  const auto seed = [&](const Begun& begun) {
    return seed_of(std::get<BegunTotp>(begun.what).secret);
  };
  const auto confirm = [&](const Begun& begun, std::string code) {
    return world.run(factors->confirm(ann(), begun.id, std::move(code)));
  };
  Begun begun = begin();
  world.clock.now_ms += 600'000;
  EXPECT_EQ(confirm(begun, code_of(seed(begun))).error(), Error(kEnrolmentOver)) << "too late";
  begun = begin();
  const Begun newer = begin();
  EXPECT_EQ(confirm(begun, code_of(seed(begun))).error(), Error(kEnrolmentOver)) << "replaced";
  for (int i = 0; i < 5; ++i) EXPECT_EQ(confirm(newer, "000000").error(), Error(kFactorWrong));
  EXPECT_EQ(confirm(newer, code_of(seed(newer))).error(), Error(kEnrolmentOver)) << "guessed";
  begun = begin();
  EXPECT_EQ(world.run(factors->confirm(ann_elsewhere(), begun.id, code_of(seed(begun)))).error(),
            Error(kEnrolmentOver))
      << "somebody else's";
  EXPECT_TRUE(confirm(begun, code_of(seed(begun))));
  EXPECT_EQ(confirm(begun, code_of(seed(begun))).error(), Error(kEnrolmentOver));
}

TEST_F(FactorsTest, AnAccountHasAtMostTenFactors) {
  for (int i = 0; i < 10; ++i) add_totp();
  EXPECT_EQ(world.run(factors->begin(ann(), Kind::totp, "One more", password())).error(),
            Error(kFactorLimit));
  EXPECT_TRUE(world.run(factors->codes(ann(), password()))) << "recovery codes stand apart";
}

TEST_F(FactorsTest, ATamperedRowIsNoLongerAFactorAndNotNone) {
  FactorId id;
  const Bytes seed = add_totp(&id);
  auto& row = world.store.find(store::RecordKind::factor, world.ann.value);
  const store::Record good = row;
  for (int way = 0; way < 3; ++way) {
    row = good;
    if (way == 0) row.content.back() ^= 1;
    if (way == 1) row.mac[0] ^= 1;
    if (way == 2) {
      world.store.records.erase(
          {row.kind, row.tenant.value, row.id, row.sub});  // as if there had been none
    }
    restart();
    EXPECT_TRUE(factors->damaged(world.tenant, world.ann)) << way;
    EXPECT_NE(factors->enrolled(world.tenant, world.ann), kNone) << way;
    EXPECT_TRUE(verify(TotpCode{code_of(seed)}).error().is(identity::kRowRefused)) << way;
    EXPECT_TRUE(world.run(factors->begin(ann(), Kind::totp, "Mine", password()))
                    .error()
                    .is(identity::kRowRefused))
        << way;
    EXPECT_TRUE(world.run(factors->remove(ann(), id, password())).error().is(identity::kRowRefused))
        << way;
    EXPECT_FALSE(factors->damaged(other_tenant, other));
    if (way < 2) continue;
    world.store.records[{good.kind, good.tenant.value, good.id, good.sub}] = good;
    restart();
    EXPECT_FALSE(factors->damaged(world.tenant, world.ann)) << "restored";
    EXPECT_EQ(verify(TotpCode{code_of(seed)}), policy::Factor::totp);
  }
}

TEST_F(FactorsTest, AnOlderRowDoesNotComeBack) {
  const Bytes seed = add_totp();
  const store::Record before = world.store.find(store::RecordKind::factor, world.ann.value);
  const std::string code = code_of(seed);
  ASSERT_TRUE(verify(TotpCode{code}));
  world.store.find(store::RecordKind::factor, world.ann.value) = before;
  restart();
  EXPECT_TRUE(verify(TotpCode{code}).error().is(identity::kRowRefused))
      << "else the step could be used twice";
}

TEST_F(FactorsTest, FactorsEndWithTheirUser) {
  add_totp();
  const auto admin = world.actor_of(world.tenant, world.admin);
  ASSERT_TRUE(world.run(world.s->administration.delete_user(admin, world.tenant, world.ann)));
  EXPECT_EQ(factors->enrolled(world.tenant, world.ann), kNone);
  for (const auto& [key, record] : world.store.records) {
    EXPECT_NE(record.kind, store::RecordKind::factor);
  }
  restart();
  EXPECT_FALSE(factors->damaged(world.tenant, world.ann));
}

}  // namespace
}  // namespace conclave::factors
