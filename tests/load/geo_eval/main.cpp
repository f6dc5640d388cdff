#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "tests/load/geo_eval/person.hpp"
#include "tests/load/geo_eval/theft.hpp"

// geo_eval [--people N] [--seed N] [--data FOLDER --hosting FILE]: how well the signals of
// policies/signals tell thieves from people. README.md says what is simulated.
namespace conclave::geo_eval {
namespace {

using signals::Assessment;
using signals::Evidence;
using signals::FindingKind;
using signals::HabitProfile;
using signals::Sighting;

constexpr int kTheftsPerPerson = 8;
constexpr int kFirstTheftDay = 30;
constexpr std::int64_t kRemembered = 24 * kHour;  // a factor given on a device and network
constexpr double kCounts = 0.05;                  // strength from which a finding is reported
constexpr std::array<double, 10> kCurve{0.40, 0.45, 0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, 0.85};

struct Options {
  std::size_t people = 2'000;
  std::uint64_t seed = 20'261'120;
  std::string data;
  std::string hosting;
};

struct Tally {
  std::size_t people = 0;
  std::size_t connections = 0;
  std::array<std::size_t, kCurve.size()> alarms{};
  std::array<std::size_t, kCurve.size()> caught{};
  std::array<std::size_t, 5> grades{};  // of legitimate connections, by signals::Grade
  std::array<std::size_t, signals::kFindingKinds> false_findings{};
  std::array<std::size_t, signals::kFindingKinds> leading{};  // of false step-ups
  std::array<std::size_t, signals::kFindingKinds> theft_findings{};
  std::array<std::size_t, kThefts.size()> thefts{};
  std::array<std::size_t, kThefts.size()> first{};   // caught at the first connection
  std::array<std::size_t, kThefts.size()> within{};  // within two
  double seconds = 0;                                // in assess()
  std::size_t assessed = 0;
};

// What the server knows of one person.
struct Memory {
  HabitProfile habit;
  std::map<std::pair<base::DeviceId, bool>, Sighting> recent;  // by whether it was on the radio
  std::map<base::DeviceId, std::int64_t> known_from;
  std::vector<Evidence> doubtful;

  // After a day, or at once after a second factor.
  [[nodiscard]] bool known(const Evidence& evidence) const {
    const auto found = known_from.find(evidence.here.device);
    return found != known_from.end() && found->second <= evidence.here.at_s;
  }
  [[nodiscard]] std::vector<Sighting> last_of_each() const {
    std::vector<Sighting> out;
    for (const auto& [key, sighting] : recent) out.push_back(sighting);
    return out;
  }
  // A connection with a notice teaches the habits a day later, as if nobody had objected by then;
  // one without doubt, or after a second factor, at once.
  void learn(const Evidence& evidence, signals::Grade grade) {
    std::erase_if(doubtful, [&](const Evidence& earlier) {
      if (evidence.here.at_s - earlier.here.at_s < kDay) return false;
      habit.learn(earlier);
      return true;
    });
    if (grade == signals::Grade::notice) {
      doubtful.push_back(evidence);
    } else {
      habit.learn(evidence);
    }
    known_from.emplace(evidence.here.device, evidence.here.at_s + kDay);
    recent[{evidence.here.device, evidence.here.on_radio()}] = evidence.here;
  }
};

Assessment judge(const Memory& memory, const Evidence& evidence, Tally& tally) {
  const std::vector<Sighting> recent = memory.last_of_each();
  // Whoever connected within the last two hours counts as connected.
  std::vector<Sighting> online;
  for (const Sighting& sighting : recent) {
    if (evidence.here.at_s - sighting.at_s < 2 * kHour) online.push_back(sighting);
  }
  static const signals::Settings kSettings;
  const auto begin = std::chrono::steady_clock::now();
  Assessment out = signals::assess(evidence, {recent, online}, memory.habit, kSettings);
  tally.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  ++tally.assessed;
  return out;
}

void count_findings(const Assessment& assessment,
                    std::array<std::size_t, signals::kFindingKinds>& into) {
  for (const auto& weighed : assessment.findings) {
    if (weighed.finding.strength() >= kCounts)
      ++into[static_cast<std::size_t>(weighed.finding.kind)];
  }
}

Theft drawn(Chance& chance) {
  double draw = chance.unit();
  for (const TheftRow& row : kThefts) {
    if ((draw -= row.share) < 0) return row.kind;
  }
  return kThefts.back().kind;
}

// A theft under way: two connections, the second within a day of the first, between those of the
// person, who knows nothing. What the server learns of both goes into a memory of its own.
struct Ongoing {
  Ongoing(const World& world, const Person& victim, Theft the_kind, std::int64_t first_at_s,
          Chance& chance)
      : kind(the_kind), thief(world, victim, the_kind, chance), at_s(first_at_s) {}

  Theft kind;
  Thief thief;
  std::int64_t at_s;  // of the next connection
  std::optional<Memory> memory;
  int connections = 0;
  bool stopped = false;
  double worst = 0;
  std::array<bool, signals::kFindingKinds> found{};
};

void connect(Ongoing& theft, Chance& chance, Tally& tally) {
  const auto row = static_cast<std::size_t>(theft.kind);
  Evidence evidence = theft.thief.connect(theft.at_s, chance);
  evidence.known_device = theft.memory->known(evidence);
  const Assessment assessment = judge(*theft.memory, evidence, tally);
  if (theft.connections == 0) ++tally.thefts[row];
  theft.worst = std::max(theft.worst, assessment.score);
  for (const auto& weighed : assessment.findings) {
    theft.found[static_cast<std::size_t>(weighed.finding.kind)] |=
        weighed.finding.strength() >= kCounts;
  }
  if (!theft.stopped && assessment.grade >= signals::Grade::step_up) {
    theft.stopped = true;
    if (theft.connections == 0) ++tally.first[row];
    ++tally.within[row];
  }
  if (!theft.stopped && std::getenv("GEO_EVAL_SHOW") != nullptr)
    std::printf("MISSED %zu %s\n", row, assessment.explanation().c_str());
  // Below the threshold it is let in and teaches the profile.
  if (!theft.stopped) theft.memory->learn(evidence, assessment.grade);
  theft.at_s += 300 + static_cast<std::int64_t>(chance.unit() * 24 * kHour);
  if (++theft.connections < 2) return;
  for (std::size_t i = 0; i < theft.found.size(); ++i)
    tally.theft_findings[i] += theft.found[i] ? 1 : 0;
  for (std::size_t i = 0; i < kCurve.size(); ++i)
    tally.caught[i] += theft.worst >= kCurve[i] ? 1 : 0;
}

// The curve's other thresholds are counted as if the person were asked at each of them.
struct Asked {
  std::array<std::map<std::pair<base::DeviceId, std::uint32_t>, std::int64_t>, kCurve.size()> at;

  bool again(std::size_t threshold, const Evidence& evidence) {
    auto& last = at[threshold][{evidence.here.device, evidence.here.network.as_number}];
    if (last != 0 && evidence.here.at_s - last < kRemembered) return false;
    last = evidence.here.at_s;
    return true;
  }
};

class Year {
 public:
  Year(const World& world, std::uint64_t seed, Tally& tally)
      : person_(world, Chance(seed)), fate_(seed ^ 0x9e3779b97f4a7c15ULL), tally_(tally) {
    ++tally_.people;
    for (int i = 0; i < kTheftsPerPerson; ++i) {
      const double day = fate_.between(kFirstTheftDay, kDays - 2);
      thefts_.emplace_back(world, person_, drawn(fate_),
                           kYearBegins + static_cast<std::int64_t>(day * kDay), fate_);
    }
  }

  void live() {
    for (int day = 0; day < kDays; ++day) {
      for (const Evidence& evidence : person_.day(day)) {
        let_thieves_connect(evidence.here.at_s);
        const signals::Grade grade = meet(evidence);
        for (Ongoing& theft : thefts_) {
          if (theft.memory && theft.connections < 2) theft.memory->learn(evidence, grade);
        }
      }
    }
    let_thieves_connect(kYearBegins + (kDays + 2) * kDay);
  }

 private:
  void let_thieves_connect(std::int64_t until_s) {
    for (Ongoing& theft : thefts_) {
      while (theft.connections < 2 && theft.at_s < until_s) {
        if (!theft.memory) theft.memory = memory_;
        connect(theft, fate_, tally_);
      }
      if (theft.connections == 2) theft.memory.reset();
    }
  }

  signals::Grade meet(Evidence evidence) {
    evidence.known_device = memory_.known(evidence);
    const Assessment assessment = judge(memory_, evidence, tally_);
    ++tally_.connections;
    ++tally_.grades[static_cast<std::size_t>(assessment.grade)];
    count_findings(assessment, tally_.false_findings);
    for (std::size_t i = 0; i < kCurve.size(); ++i) {
      if (assessment.score < kCurve[i] || !asked_.again(i, evidence)) continue;
      ++tally_.alarms[i];
      if (kCurve[i] == signals::Thresholds{}.step_up)
        ++tally_.leading[static_cast<std::size_t>(assessment.findings.front().finding.kind)];
      if (i == 4 && std::getenv("GEO_EVAL_SHOW") != nullptr)
        std::printf("FALSE %s\n", assessment.explanation().c_str());
    }
    memory_.learn(evidence, assessment.grade);
    if (assessment.grade >= signals::Grade::step_up)
      memory_.known_from[evidence.here.device] = evidence.here.at_s;
    return assessment.grade;
  }

  Person person_;
  Chance fate_;
  Tally& tally_;
  Memory memory_;
  Asked asked_;
  std::vector<Ongoing> thefts_;
};

void print(const World& world, const Options& options, const Tally& tally) {
  std::size_t thefts = 0;
  std::size_t within = 0;
  for (std::size_t i = 0; i < kThefts.size(); ++i)
    thefts += tally.thefts[i], within += tally.within[i];
  const double years = static_cast<double>(tally.people) * kDays / 365.0;
  std::printf("world: %s\n", world.text().c_str());
  std::printf(
      "seed %llu, %zu people for a year, %zu connections, %zu thefts, %.1f us a decision\n\n",
      static_cast<unsigned long long>(options.seed), tally.people, tally.connections, thefts,
      tally.seconds / static_cast<double>(tally.assessed) * 1e6);
  std::printf("| theft | share | thefts | caught at first | within two |\n|---|---|---|---|---|\n");
  for (std::size_t i = 0; i < kThefts.size(); ++i) {
    const double count = std::max<double>(1, static_cast<double>(tally.thefts[i]));
    std::printf("| %s | %.0f %% | %zu | %.1f %% | %.1f %% |\n",
                std::string(kThefts[i].text).c_str(), kThefts[i].share * 100, tally.thefts[i],
                100 * static_cast<double>(tally.first[i]) / count,
                100 * static_cast<double>(tally.within[i]) / count);
  }
  std::printf("| all | 100 %% | %zu | | %.1f %% |\n\n", thefts,
              100.0 * static_cast<double>(within) / static_cast<double>(thefts));
  std::printf(
      "| finding | in thefts | false, a person and year | leads false step-ups |\n"
      "|---|---|---|---|\n");
  for (std::size_t i = 0; i < signals::kFindingKinds; ++i) {
    std::printf("| %s | %.1f %% | %.2f | %.3f |\n",
                std::string(signals::finding_rows()[i].reason).c_str(),
                100.0 * static_cast<double>(tally.theft_findings[i]) / static_cast<double>(thefts),
                static_cast<double>(tally.false_findings[i]) / years,
                static_cast<double>(tally.leading[i]) / years);
  }
  std::printf(
      "\n| step-up from score | thefts caught within two | false step-ups, person and year |\n"
      "|---|---|---|\n");
  for (std::size_t i = 0; i < kCurve.size(); ++i) {
    std::printf("| %.2f | %.1f %% | %.2f |\n", kCurve[i],
                100.0 * static_cast<double>(tally.caught[i]) / static_cast<double>(thefts),
                static_cast<double>(tally.alarms[i]) / years);
  }
  std::printf("\nlegitimate connections restricted: %.4f, refused: %.4f a person and year\n",
              static_cast<double>(tally.grades[3]) / years,
              static_cast<double>(tally.grades[4]) / years);
}

int run(int count, char** arguments) {
  Options options;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = arguments[i];
    const std::string value = arguments[i + 1];
    if (name == "--people")
      options.people = std::strtoull(value.c_str(), nullptr, 10);
    else if (name == "--seed")
      options.seed = std::strtoull(value.c_str(), nullptr, 10);
    else if (name == "--data")
      options.data = value;
    else if (name == "--hosting")
      options.hosting = value;
    else
      return std::fprintf(stderr, "geo_eval: unknown option %s\n", name.c_str()), 2;
  }
  Chance chance(options.seed);
  std::optional<World> world;
  if (!options.data.empty()) {
    world = World::from_files(options.data, options.hosting, chance);
    if (!world)
      return std::fprintf(stderr, "geo_eval: no database files in %s\n", options.data.c_str()), 1;
  }
  if (!world) world = World::made_up(chance);
  Tally tally;
  for (std::size_t i = 0; i < options.people; ++i) {
    Year(*world, options.seed * 1'000'003 + i, tally).live();
  }
  print(*world, options, tally);
  return 0;
}

}  // namespace
}  // namespace conclave::geo_eval

int main(int count, char** arguments) {
  return conclave::geo_eval::run(count, arguments);
}
