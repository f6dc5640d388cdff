#include "sdk/client/feed.hpp"

#include <gmock/gmock.h>

namespace conclave::client {
namespace {

json::array entries(std::initializer_list<int> seqs) {
  json::array out;
  for (const int seq : seqs) out.push_back(json::object{{"seq", seq}});
  return out;
}

std::vector<std::int64_t> seqs(const RoomNews& news) {
  std::vector<std::int64_t> out;
  for (const auto& entry : news.entries) out.push_back(entry.at("seq").as_int64());
  return out;
}

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Feed, GivesEachEntryOnceInOrder) {
  Feed feed;
  EXPECT_THAT(seqs(feed.take("r", entries({2, 1}), 0)), ElementsAre(1, 2));
  EXPECT_THAT(seqs(feed.take("r", entries({1, 2, 3}), 0)), ElementsAre(3));
  EXPECT_THAT(seqs(feed.take("r", entries({3, 3, 2}), 0)), IsEmpty());
  EXPECT_EQ(feed.head("r"), 3);
}

TEST(Feed, ShowsTheGapInFrontOfWhatCame) {
  Feed feed(json::object{{"r", 10}});
  const auto news = feed.take("r", entries({15, 16}), 0);
  ASSERT_TRUE(news.gap.has_value());
  EXPECT_EQ(news.gap->after, 10);
  EXPECT_EQ(news.gap->before, 15);
  EXPECT_FALSE(feed.take("r", entries({17}), 0).gap.has_value());
}

TEST(Feed, EntriesThatWereFoldedIntoOthersAreNoGap) {
  Feed feed(json::object{{"r", 10}});
  EXPECT_FALSE(feed.take("r", entries({13}), 11).gap.has_value());
}

TEST(Feed, ARoomThatIsNewHasNoGap) {
  Feed feed;
  EXPECT_FALSE(feed.take("r", entries({500}), 0).gap.has_value());
}

TEST(Feed, RoomsDoNotTouchEachOther) {
  Feed feed;
  (void)feed.take("a", entries({9}), 0);
  EXPECT_THAT(seqs(feed.take("b", entries({1}), 0)), ElementsAre(1));
  feed.forget("a");
  EXPECT_THAT(seqs(feed.take("a", entries({9}), 0)), ElementsAre(9));
}

TEST(Feed, HeadsSurviveTheirStoredForm) {
  Feed feed;
  (void)feed.take("a", entries({9}), 0);
  feed.reached("b", 4);
  Feed again(feed.heads());
  EXPECT_EQ(again.head("a"), 9);
  EXPECT_THAT(seqs(again.take("b", entries({4, 5}), 0)), ElementsAre(5));
}

TEST(Feed, EntriesWithoutANumberAreDropped) {
  Feed feed;
  EXPECT_THAT(seqs(feed.take("a", json::array{json::object{{"seq", "x"}}, 7, nullptr}, 0)),
              IsEmpty());
}

}  // namespace
}  // namespace conclave::client
