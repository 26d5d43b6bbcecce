// gain: what theory says of activations alone.
#include <vector>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "experiment/activation_text.h"
#include "report/gain_table.h"

namespace initbench {
namespace {

std::vector<Activation> chosen(const std::vector<std::string>& texts) {
  std::vector<Activation> activations;
  activations.reserve(texts.size());
  for (const std::string& text : texts) activations.push_back(parse_activation(text));
  if (!activations.empty()) return activations;
  for (const ActivationRow& row : activation_table()) {
    activations.push_back({.kind = row.kind, .parameter = row.default_parameter});
  }
  return activations;
}

TableFormat format_of(const GainArguments& arguments) {
  if (arguments.json) return TableFormat::json;
  if (arguments.markdown) return TableFormat::markdown;
  return arguments.csv ? TableFormat::csv : TableFormat::text;
}

}  // namespace

int show_gains(const GainArguments& arguments) {
  const GainRequest request{.q = arguments.q, .sigma_b = arguments.sigma_b};
  print(gain_table(chosen(arguments.activations), request, format_of(arguments)));
  return static_cast<int>(ExitCode::done);
}

}  // namespace initbench
