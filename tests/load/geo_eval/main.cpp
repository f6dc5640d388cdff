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
  std::map<base::DeviceId, Sighting> recent;

  [[nodiscard]] std::vector<Sighting> last_of_each() const {
    std::vector<Sighting> out;
    for (const auto& [device, sighting] : recent) out.push_back(sighting);
    return out;
  }
  void learn(const Evidence& evidence) {
    habit.learn(evidence);
    recent[evidence.here.device] = evidence.here;
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
    if (weighed.finding.strength() >= kCounts) ++into[static_cast<std::size_t>(weighed.finding.kind)];
  }
}

Theft drawn(Chance& chance) {
  double draw = chance.unit();
  for (const TheftRow& row : kThefts) {
    if ((draw -= row.share) < 0) return row.kind;
  }
  return kThefts.back().kind;
}

// Two connections of a thief, a few minutes to twelve hours apart; the person meanwhile does nothing,
// which is the harder case.
void steal(const World& world, const Person& victim, Memory memory, std::int64_t at_s,
           Chance& chance, Tally& tally) {
  const Theft kind = drawn(chance);
  const auto row = static_cast<std::size_t>(kind);
  const Thief thief(world, victim, kind, chance);
  ++tally.thefts[row];
  double worst = 0;
  std::array<bool, signals::kFindingKinds> found{};
  for (int connection = 0; connection < 2; ++connection) {
    const Evidence evidence = thief.connect(at_s, connection > 0, chance);
    const Assessment assessment = judge(memory, evidence, tally);
    worst = std::max(worst, assessment.score);
    for (const auto& weighed : assessment.findings) {
      found[static_cast<std::size_t>(weighed.finding.kind)] |=
          weighed.finding.strength() >= kCounts;
    }
    const bool stopped = assessment.grade >= signals::Grade::step_up;
    if (connection == 0 && stopped) ++tally.first[row];
    if (stopped) {
      ++tally.within[row];
      break;
    }
    memory.learn(evidence);  // let in: it teaches the profile
    at_s += 300 + static_cast<std::int64_t>(chance.unit() * 12 * kHour);
  }
  for (std::size_t i = 0; i < found.size(); ++i) tally.theft_findings[i] += found[i] ? 1 : 0;
  for (std::size_t i = 0; i < kCurve.size(); ++i) tally.caught[i] += worst >= kCurve[i] ? 1 : 0;
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

void live_a_year(const World& world, std::uint64_t seed, Tally& tally) {
  Person person(world, Chance(seed));
  Chance fate(seed ^ 0x9e3779b97f4a7c15ULL);
  Memory memory;
  Asked asked;
  std::vector<int> theft_days;
  for (int i = 0; i < kTheftsPerPerson; ++i) {
    theft_days.push_back(kFirstTheftDay + static_cast<int>(fate.below(kDays - kFirstTheftDay)));
  }
  ++tally.people;
  for (int day = 0; day < kDays; ++day) {
    for (const Evidence& evidence : person.day(day)) {
      const Assessment assessment = judge(memory, evidence, tally);
      ++tally.connections;
      ++tally.grades[static_cast<std::size_t>(assessment.grade)];
      count_findings(assessment, tally.false_findings);
      for (std::size_t i = 0; i < kCurve.size(); ++i) {
        if (assessment.score < kCurve[i] || !asked.again(i, evidence)) continue;
        ++tally.alarms[i];
        if (kCurve[i] == 0.60)
          ++tally.leading[static_cast<std::size_t>(assessment.findings.front().finding.kind)];
      }
      memory.learn(evidence);  // let in, or after a second factor
    }
    for (int theft_day : theft_days) {
      if (theft_day != day) continue;
      // Up to ten hours after the person's last connection of the day.
      std::int64_t last = kYearBegins + day * kDay;
      for (const auto& [device, sighting] : memory.recent) last = std::max(last, sighting.at_s);
      steal(world, person, memory, last + 300 + static_cast<std::int64_t>(fate.unit() * 10 * kHour),
            fate, tally);
    }
  }
}

void print(const World& world, const Options& options, const Tally& tally) {
  std::size_t thefts = 0;
  std::size_t within = 0;
  for (std::size_t i = 0; i < kThefts.size(); ++i) thefts += tally.thefts[i], within += tally.within[i];
  const double years = static_cast<double>(tally.people) * kDays / 365.0;
  std::printf("world: %s\n", world.text().c_str());
  std::printf("seed %llu, %zu people for a year, %zu connections, %zu thefts, %.1f us a decision\n\n",
              static_cast<unsigned long long>(options.seed), tally.people, tally.connections,
              thefts, tally.seconds / static_cast<double>(tally.assessed) * 1e6);
  std::printf("| theft | share | thefts | caught at first | within two |\n|---|---|---|---|---|\n");
  for (std::size_t i = 0; i < kThefts.size(); ++i) {
    const double count = std::max<double>(1, static_cast<double>(tally.thefts[i]));
    std::printf("| %s | %.0f %% | %zu | %.1f %% | %.1f %% |\n", std::string(kThefts[i].text).c_str(),
                kThefts[i].share * 100, tally.thefts[i],
                100 * static_cast<double>(tally.first[i]) / count,
                100 * static_cast<double>(tally.within[i]) / count);
  }
  std::printf("| all | 100 %% | %zu | | %.1f %% |\n\n", thefts,
              100.0 * static_cast<double>(within) / static_cast<double>(thefts));
  std::printf("| finding | in thefts | false, a person and year | leads false step-ups |\n"
              "|---|---|---|---|\n");
  for (std::size_t i = 0; i < signals::kFindingKinds; ++i) {
    std::printf("| %s | %.1f %% | %.2f | %.3f |\n",
                std::string(signals::finding_rows()[i].reason).c_str(),
                100.0 * static_cast<double>(tally.theft_findings[i]) / static_cast<double>(thefts),
                static_cast<double>(tally.false_findings[i]) / years,
                static_cast<double>(tally.leading[i]) / years);
  }
  std::printf("\n| step-up from score | thefts caught within two | false step-ups, person and year |\n"
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
    if (name == "--people") options.people = std::strtoull(value.c_str(), nullptr, 10);
    else if (name == "--seed") options.seed = std::strtoull(value.c_str(), nullptr, 10);
    else if (name == "--data") options.data = value;
    else if (name == "--hosting") options.hosting = value;
    else return std::fprintf(stderr, "geo_eval: unknown option %s\n", name.c_str()), 2;
  }
  Chance chance(options.seed);
  std::optional<World> world;
  if (!options.data.empty()) {
    world = World::from_files(options.data, options.hosting, chance);
    if (!world) return std::fprintf(stderr, "geo_eval: no database files in %s\n",
                                    options.data.c_str()), 1;
  }
  if (!world) world = World::made_up(chance);
  Tally tally;
  for (std::size_t i = 0; i < options.people; ++i) {
    live_a_year(*world, options.seed * 1'000'003 + i, tally);
  }
  print(*world, options, tally);
  return 0;
}

}  // namespace
}  // namespace conclave::geo_eval

int main(int count, char** arguments) {
  return conclave::geo_eval::run(count, arguments);
}
