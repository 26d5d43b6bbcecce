/// Reads single values that have a syntax of their own: activations, schemes, paddings, scales.
/// Each reports what is wrong and leaves its target as it was.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "experiment/fields.h"
#include "experiment/issues.h"
#include "experiment/json_text.h"

namespace initbench {

/// A value and where it stands.
struct Located {
  const Json& value;
  const std::string& place;
};

std::optional<std::int64_t> read_whole(const Located& at, const WholeRange& range,
                                       IssueList& issues);
std::optional<double> read_real(const Located& at, const RealRange& range, IssueList& issues);
std::optional<std::uint64_t> read_seed(const Located& at, IssueList& issues);
std::optional<std::string> read_text(const Located& at, IssueList& issues);
std::optional<std::array<Index, 2>> read_pair(const Located& at, const WholeRange& range,
                                              IssueList& issues);
std::optional<Activation> read_activation(const Located& at, IssueList& issues);
std::optional<InitChoice> read_scheme(const Located& at, Tensor tensor, IssueList& issues);
std::optional<Padding> read_padding(const Located& at, IssueList& issues);
/// `blocks`: the residual layers of the whole network, for "1/sqrt(blocks)".
void read_scale(const Located& at, Index blocks, ResidualSpec& spec, IssueList& issues);

/// "a, b, c", cut after some twenty names.
std::string listed(std::span<const std::string_view> names);

/// Reports a word that is none of the names, with the nearest one.
void report_unknown(const std::string& place, std::string_view what, std::string_view word,
                    std::span<const std::string_view> names, std::string_view remedy,
                    IssueList& issues);

/// Reports the keys of an object that are not known.
void report_unknown_keys(const Located& at, std::span<const std::string_view> known,
                         IssueList& issues);

}  // namespace initbench
