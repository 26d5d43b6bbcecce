#include "experiment/shard.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <string>

#include "base/errors.h"

namespace initbench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Variables = std::map<std::string, std::string>;

Environment environment_of(Variables variables) {
  return [variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

Shard shard(const std::string& text, const Variables& variables = {}) {
  return parse_shard(text, environment_of(variables));
}

std::string error_of(const std::string& text, const Variables& variables = {}) {
  try {
    shard(text, variables);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

Variables slurm(const std::string& id, const std::string& first, const std::string& last,
                const std::string& count, const std::string& step = "") {
  return {{"SLURM_ARRAY_TASK_ID", id},
          {"SLURM_ARRAY_TASK_MIN", first},
          {"SLURM_ARRAY_TASK_MAX", last},
          {"SLURM_ARRAY_TASK_COUNT", count},
          {"SLURM_ARRAY_TASK_STEP", step}};
}

TEST(Shard, CountsFromZero) {
  EXPECT_EQ(shard("0/3"), (Shard{0, 3}));
  EXPECT_EQ(shard("2/3"), (Shard{2, 3}));
  EXPECT_THAT(error_of("3/3"), HasSubstr("there is no shard 3 of 3; they count from 0 to 2"));
}

TEST(Shard, RefusesWhatIsNoPairOfWholeNumbers) {
  for (const char* text : {"", "1", "1/", "/2", "-1/3", "1/3/5", "one/two", "1 /3", "0x1/3"}) {
    EXPECT_THAT(error_of(text), HasSubstr("expected I/N")) << text;
  }
  EXPECT_THAT(error_of("0/0"), HasSubstr("from 1 to 1000000"));
  EXPECT_THAT(error_of("0/1000001"), HasSubstr("from 1 to 1000000"));
}

TEST(Shard, IsATaskOfASlurmArrayWhereverThatBegins) {
  EXPECT_EQ(shard("auto", slurm("2", "0", "6", "7")), (Shard{2, 7}));
  EXPECT_EQ(shard("auto", slurm("3", "1", "3", "3", "1")), (Shard{2, 3}));
  EXPECT_EQ(shard("auto", slurm("4", "0", "6", "4", "2")), (Shard{2, 4})) << "--array=0-6:2";
  EXPECT_EQ(shard("auto", slurm("6", "0", "7", "3", "3")), (Shard{2, 3})) << "--array=0-7:3";
}

TEST(Shard, RefusesASlurmArrayWithGaps) {
  EXPECT_THAT(error_of("auto", slurm("5", "3", "5", "2")), HasSubstr("not evenly spaced"));
  EXPECT_THAT(error_of("auto", {{"SLURM_ARRAY_TASK_ID", "5"}}),
              HasSubstr("SLURM_ARRAY_TASK_MIN is not set"));
  EXPECT_THAT(error_of("auto", slurm("x", "0", "1", "2")),
              HasSubstr("SLURM_ARRAY_TASK_ID=x is no whole number"));
}

TEST(Shard, IsACompletionOfAKubernetesJob) {
  EXPECT_EQ(shard("auto", {{"JOB_COMPLETION_INDEX", "1"}, {"INITBENCH_SHARDS", "4"}}),
            (Shard{1, 4}));
  EXPECT_THAT(error_of("auto", {{"JOB_COMPLETION_INDEX", "1"}}),
              HasSubstr("INITBENCH_SHARDS is not set; set it to the job's number of completions"));
  EXPECT_THAT(error_of("auto", {{"JOB_COMPLETION_INDEX", "4"}, {"INITBENCH_SHARDS", "4"}}),
              HasSubstr("there is no shard 4 of 4"));
}

TEST(Shard, IsWhatTheEnvironmentSaysInSoManyWords) {
  Variables variables = slurm("0", "0", "1", "2");
  variables["INITBENCH_SHARD"] = "3/5";
  EXPECT_EQ(shard("auto", variables), (Shard{3, 5}));
  variables["INITBENCH_SHARD"] = "5/5";
  EXPECT_THAT(error_of("auto", variables), HasSubstr("INITBENCH_SHARD=5/5: there is no shard 5"));
}

TEST(Shard, SaysWhereItLookedWhenNothingIsThere) {
  EXPECT_THAT(error_of("auto"), HasSubstr("no INITBENCH_SHARD (I/N), no SLURM_ARRAY_TASK_ID"));
}

TEST(ShardEntries, AreEveryEntryOnceInThePlansOrder) {
  std::vector<double> costs;
  for (int i = 0; i < 50; ++i) costs.push_back((i * 37) % 11);
  std::vector<std::size_t> all;
  for (std::size_t index = 0; index < 7; ++index) {
    const std::vector<std::size_t> part = entries_of({index, 7}, costs);
    EXPECT_TRUE(std::is_sorted(part.begin(), part.end()));
    all.insert(all.end(), part.begin(), part.end());
  }
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), 50U);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i], i);
}

TEST(ShardEntries, CostAboutTheSame) {
  const std::vector<double> costs{9, 1, 1, 1, 5, 4, 1, 1, 1};  // 24 in all
  EXPECT_THAT(entries_of({0, 2}, costs), ElementsAre(0, 1, 3, 7));
  EXPECT_THAT(entries_of({1, 2}, costs), ElementsAre(2, 4, 5, 6, 8));
}

TEST(ShardEntries, AreNoneWhereThereAreMoreShardsThanEntries) {
  const std::vector<double> costs{1, 1};
  EXPECT_THAT(entries_of({1, 3}, costs), ElementsAre(1));
  EXPECT_THAT(entries_of({2, 3}, costs), IsEmpty());
}

}  // namespace
}  // namespace initbench
