#include "runtime/whereabouts/kept.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/whereabouts/errors.hpp"

namespace conclave::whereabouts {
namespace {

using signals::AccessType;
using signals::CountryCode;
using signals::Evidence;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::int64_t kNow = 1'790'000'000;
constexpr DeviceId kPhone{7};

Evidence at_home(std::int64_t at_s, DeviceId device = kPhone) {
  Evidence out;
  out.here.at_s = at_s;
  out.here.device = device;
  out.here.network.country = CountryCode::of("DE");
  out.here.network.as_number = 3320;
  out.here.network.place = signals::Place{{52.52, 13.4}, 50};
  out.here.fix = signals::DeviceFix{{{52.5, 13.3}, 0.05}, 30};
  out.utc_offset_minutes = 60;
  return out;
}

TEST(Kept, a_device_is_known_after_a_day_or_once_vouched_for) {
  Kept kept;
  kept.learn(at_home(kNow), Lesson::sure);
  EXPECT_FALSE(kept.known(kPhone, kNow + Kept::kDay - 1));
  EXPECT_TRUE(kept.known(kPhone, kNow + Kept::kDay));
  kept.learn(at_home(kNow + 5), Lesson::proven);
  EXPECT_TRUE(kept.known(kPhone, kNow + 5));
  EXPECT_FALSE(kept.known(DeviceId{8}, kNow + 9 * Kept::kDay));
}

TEST(Kept, what_raised_a_notice_teaches_a_day_later) {
  Kept kept;
  kept.learn(at_home(kNow), Lesson::noticed);
  const auto germany = CountryCode::of("DE");
  EXPECT_EQ(kept.habit().country(germany, kNow), 0);
  Evidence elsewhere = at_home(kNow + Kept::kDay - 1);
  elsewhere.here.network.country = CountryCode::of("FR");
  kept.learn(elsewhere, Lesson::sure);
  EXPECT_EQ(kept.habit().country(germany, kNow), 0);
  elsewhere.here.at_s = kNow + Kept::kDay;
  kept.learn(elsewhere, Lesson::sure);
  EXPECT_NEAR(kept.habit().country(germany, kNow + Kept::kDay), 0.5, 0.01);
}

TEST(Kept, of_each_device_the_last_sighting_on_and_off_the_radio_stays) {
  Kept kept;
  kept.learn(at_home(kNow), Lesson::sure);
  Evidence mobile = at_home(kNow + 60);
  mobile.here.access = AccessType::cellular;
  kept.learn(mobile, Lesson::sure);
  kept.learn(at_home(kNow + 120), Lesson::sure);
  ASSERT_THAT(kept.sightings(), SizeIs(2));
  EXPECT_EQ(kept.sightings()[0].at_s, kNow + 120);
  EXPECT_EQ(kept.sightings()[1].at_s, kNow + 60);
}

TEST(Kept, the_device_that_was_not_seen_for_longest_makes_room) {
  Kept kept;
  for (std::uint64_t i = 1; i <= Kept::kMostDevices + 1; ++i) {
    kept.learn(at_home(kNow + static_cast<std::int64_t>(i), DeviceId{i}), Lesson::sure);
  }
  EXPECT_THAT(kept.known_from_s(), SizeIs(Kept::kMostDevices));
  EXPECT_FALSE(kept.known(DeviceId{1}, kNow + 2 * Kept::kDay));
  EXPECT_TRUE(kept.known(DeviceId{2}, kNow + 2 * Kept::kDay));
}

TEST(Kept, fixes_and_profiles_expire_as_the_policy_says) {
  Kept kept;
  kept.learn(at_home(kNow), Lesson::sure);
  const Keeping keeping{7, 180, 60};
  EXPECT_FALSE(kept.expire(kNow + 6 * Kept::kDay, keeping));
  EXPECT_TRUE(kept.sightings()[0].fix);
  EXPECT_TRUE(kept.expire(kNow + 7 * Kept::kDay, keeping));
  EXPECT_FALSE(kept.sightings()[0].fix);
  EXPECT_FALSE(kept.expire(kNow + 179 * Kept::kDay, keeping));
  EXPECT_FALSE(kept.empty());
  EXPECT_TRUE(kept.expire(kNow + 182 * Kept::kDay, keeping));
  EXPECT_TRUE(kept.empty());
}

TEST(Kept, habits_fade_as_fast_as_the_policy_says) {
  Kept kept;
  for (int day = 0; day < 30; ++day) kept.learn(at_home(kNow + day * Kept::kDay), Lesson::sure);
  const auto later = kNow + 90 * Kept::kDay;
  const double slow = kept.habit().network(3320, later);
  kept.fade_in(7);
  EXPECT_LT(kept.habit().network(3320, later), slow / 10);
}

TEST(Kept, fixes_go_when_consent_is_withdrawn) {
  Kept kept;
  kept.learn(at_home(kNow), Lesson::sure);
  EXPECT_TRUE(kept.erase_fixes());
  EXPECT_FALSE(kept.erase_fixes());
  EXPECT_FALSE(kept.sightings()[0].fix);
}

TEST(Kept, comes_back_from_its_bytes) {
  Kept kept;
  kept.learn(at_home(kNow), Lesson::proven);
  Evidence bare;
  bare.here.at_s = kNow + 9;
  bare.here.device = DeviceId{8};
  bare.here.attended = false;
  kept.learn(bare, Lesson::noticed);
  const Bytes bytes = kept.encode();
  const auto back = Kept::decode(bytes);
  ASSERT_TRUE(back) << back.error().detail();
  EXPECT_EQ(back->encode(), bytes);
  EXPECT_EQ(back->habit(), kept.habit());
  ASSERT_THAT(back->sightings(), SizeIs(2));
  EXPECT_NEAR(back->sightings()[0].fix->place.middle.longitude, 13.3, 1e-6);
  EXPECT_FALSE(back->sightings()[1].attended);
}

TEST(Kept, is_small_when_full) {
  Kept kept;
  for (std::uint64_t i = 1; i <= Kept::kMostDevices; ++i) {
    Evidence each = at_home(kNow + static_cast<std::int64_t>(i), DeviceId{i});
    kept.learn(each, Lesson::noticed);
    each.here.access = AccessType::cellular;
    kept.learn(each, Lesson::noticed);
  }
  EXPECT_LE(kept.encode().size(), 6U * 1024);
  EXPECT_TRUE(Kept::decode(kept.encode()));
}

TEST(Kept, refuses_bytes_that_it_did_not_write) {
  Kept kept;
  kept.learn(at_home(kNow), Lesson::sure);
  const Bytes bytes = kept.encode();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(Kept::decode(ByteView(bytes).first(length))) << length;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_TRUE(Kept::decode(longer).error().is(kKeptMalformed));
  Bytes newer = bytes;
  newer[0] = 9;
  EXPECT_TRUE(Kept::decode(newer).error().is(kKeptMalformed));
}

}  // namespace
}  // namespace conclave::whereabouts
