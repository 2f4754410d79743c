#include "server/config/nearest.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice::config {
namespace {

// Levenshtein's distance, in which two neighbours that have changed places are one edit.
size_t Edits(absl::string_view a, absl::string_view b) {
  std::vector<size_t> above(b.size() + 1);
  std::iota(above.begin(), above.end(), size_t{0});
  std::vector<size_t> two_above;
  for (size_t i = 0; i < a.size(); ++i) {
    std::vector<size_t> row(b.size() + 1);
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t substituted = above[j] + (a[i] == b[j] ? 0 : 1);
      row[j + 1] = std::min({substituted, row[j] + 1, above[j + 1] + 1});
      if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j]) {
        row[j + 1] = std::min(row[j + 1], two_above[j - 1] + 1);
      }
    }
    two_above = std::exchange(above, std::move(row));
  }
  return above[b.size()];
}

}  // namespace

std::string Nearest(absl::string_view name, absl::Span<const absl::string_view> known) {
  std::string best;
  size_t best_edits = std::max<size_t>(2, name.size() / 2) + 1;
  for (absl::string_view candidate : known) {
    const size_t edits = Edits(name, candidate);
    if (edits < best_edits) {
      best_edits = edits;
      best = std::string(candidate);
    }
  }
  return best;
}

std::string DidYouMean(absl::string_view name, absl::Span<const absl::string_view> known) {
  const std::string nearest = Nearest(name, known);
  if (!nearest.empty()) return absl::StrCat("; did you mean \"", nearest, "\"?");
  return absl::StrCat("; known: ", absl::StrJoin(known, ", "));
}

}  // namespace sluice::config
