// theory: predictions beside measurements at initialization, and phase diagrams.
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal.h"
#include "base/errors.h"
#include "base/number.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/exit_code.h"
#include "cli/interrupt.h"
#include "cli/plan.h"
#include "experiment/activation_text.h"
#include "report/phase_diagram.h"
#include "report/run_directory.h"
#include "report/theory_report.h"

namespace initbench {
namespace {

constexpr int kSignalExit = 128;
constexpr const char* kDefaultSeeds = "0..9";

int check_configs_against_theory(RunArguments arguments) {
  if (arguments.configs.empty()) {
    throw ConfigError("", "nothing to do: give a config with --config FILE, or --phase-diagram");
  }
  if (!arguments.seed && !arguments.seeds) arguments.seeds = kDefaultSeeds;
  set_up_log(verbosity_of(arguments), false);
  const std::vector<Trial> trials = Plan(arguments).trials();
  prove_writable(arguments.out);
  catch_interrupts();
  DataCache cache;
  const std::vector<TheoryReport> reports =
      check_theory(trials, pool_of(arguments), cache, [] { return interrupt_received() != 0; });
  std::string text;
  for (const TheoryReport& report : reports) {
    text += theory_text(report) + write_theory(report, arguments.out) + "\n";
    if (&report != &reports.back()) text += "\n";
  }
  print(text);
  const int signal = interrupt_received();
  return signal == 0 ? static_cast<int>(ExitCode::done) : kSignalExit + signal;
}

/// A finite number >= 0 that takes up all of the text.
std::optional<double> variance_in(std::string_view text) {
  const std::optional<double> value = number_of<double>(text);
  return value && *value >= 0 && std::isfinite(*value) ? value : std::nullopt;
}

/// "A..B/N": N values from A to B, both included; "A": this one.
std::vector<double> range_in(const std::string& text, const std::string& flag) {
  constexpr std::size_t kMostValues = 10'000;
  const auto refuse = [&]() -> std::vector<double> {
    throw ConfigError(flag, "'" + text + "': expected A..B/N with 0 <= A < B and N from 2 to " +
                                std::to_string(kMostValues) + ", such as 0.5..4/36, or one value");
  };
  if (const std::optional<double> single = variance_in(text)) return {*single};
  const std::size_t dots = text.find("..");
  const std::size_t slash = text.find('/');
  if (dots == std::string::npos || slash == std::string::npos || slash < dots) return refuse();
  const std::string_view view = text;
  const std::optional<double> from = variance_in(view.substr(0, dots));
  const std::optional<double> to = variance_in(view.substr(dots + 2, slash - dots - 2));
  const auto count = number_of<std::size_t>(view.substr(slash + 1));
  const bool counts = count && *count >= 2 && *count <= kMostValues;
  if (!from || !to || !counts || !(*from < *to)) return refuse();
  std::vector<double> values;
  for (std::size_t i = 0; i < *count; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(*count - 1);
    // Rounded, so that 0.1 is written 0.1 and not 0.1 and an error of the last digit.
    values.push_back(to_digits(*from + (*to - *from) * share, 12));
  }
  return values;
}

}  // namespace

int show_theory(const TheoryArguments& arguments) {
  if (arguments.phase_diagram) {
    print(phase_diagram(parse_activation(arguments.activation),
                        range_in(arguments.sigma_w2, "--sigma-w2"),
                        range_in(arguments.sigma_b2, "--sigma-b2")));
    return static_cast<int>(ExitCode::done);
  }
  return check_configs_against_theory(arguments.run);
}

}  // namespace initbench
