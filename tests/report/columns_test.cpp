#include "report/columns.h"

#include <gtest/gtest.h>

#include <limits>

namespace initbench {
namespace {

TEST(CurvesFile, HasTheColumnsOfTheContract) {
  EXPECT_EQ(csv_header(curve_columns()), "run_id,step,epoch,split,loss,accuracy,lr,grad_norm\n");
}

TEST(LayersFile, HasTheColumnsOfTheContract) {
  EXPECT_EQ(csv_header(layer_columns()),
            "run_id,step,layer,name,type,activation,init,fan_in,fan_out,"
            "pre_mean,pre_var,pre_m2,act_mean,act_var,act_m2,act_zero_frac,act_sat_frac,dead_frac,"
            "delta_norm,grad_weight_norm,grad_bias_norm,weight_norm,weight_std,update_ratio,"
            "nonfinite,act_near_zero_frac,act_cosine,act_effective_rank,identical_frac\n");
}

TEST(CurvesFile, LeavesUnknownCellsEmpty) {
  const CurveRow row{
      .run_id = "0123", .step = 40, .epoch = 0.5, .split = "test", .loss = 2.25, .accuracy = 0.125};
  std::string text;
  append_csv_row(curve_columns(), row, text);
  EXPECT_EQ(text, "0123,40,0.5,test,2.25,0.125,,\n");
}

TEST(LayersFile, PutsEveryStatisticIntoItsOwnColumn) {
  const LayerRow row{.run_id = "0123",
                     .step = 7,
                     .layer = 2,
                     .name = "dense2",
                     .type = "dense",
                     .activation = "relu",
                     .init = "kaiming_normal",
                     .fans = {.in = 100, .out = 50},
                     .statistics = {.pre_mean = 1,
                                    .pre_var = 2,
                                    .pre_m2 = 3,
                                    .act_mean = 4,
                                    .act_var = 5,
                                    .act_m2 = 6,
                                    .act_zero_frac = 7,
                                    .act_sat_frac = 8.0,
                                    .dead_frac = 9,
                                    .delta_norm = 10,
                                    .grad_weight_norm = 11,
                                    .grad_bias_norm = 12.0,
                                    .weight_norm = 13,
                                    .weight_std = 14,
                                    .update_ratio = 15.0,
                                    .nonfinite = 16,
                                    .act_near_zero_frac = 17,
                                    .act_cosine = 18.0,
                                    .act_effective_rank = 19.0,
                                    .identical_frac = 20}};
  std::string text;
  append_csv_row(layer_columns(), row, text);
  EXPECT_EQ(text,
            "0123,7,2,dense2,dense,relu,kaiming_normal,100,50,"
            "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20\n");
}

TEST(LayersFile, ShowsUnknownAsEmptyAndBrokenAsNan) {
  LayerRow row;
  row.statistics.pre_var = std::numeric_limits<double>::quiet_NaN();
  std::string text;
  append_csv_row(layer_columns(), row, text);
  EXPECT_EQ(text, ",0,1,,,,,0,0,0,nan,0,0,0,0,0,,0,0,0,,0,0,,0,0,,,0\n");
}

TEST(EveryColumn, IsDocumented) {
  for (const auto& column : curve_columns()) EXPECT_FALSE(column.documentation.empty());
  for (const auto& column : layer_columns()) EXPECT_FALSE(column.documentation.empty());
  for (const auto& column : spectrum_columns()) EXPECT_FALSE(column.documentation.empty());
}

}  // namespace
}  // namespace initbench
